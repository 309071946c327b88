#include "actors/secrets/vault.hpp"

#include "actors/tenants/list.hpp"
#include "runtime/entity/load.hpp"
#include "runtime/wire/document.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace machine::secrets {

namespace {

/// How long what is being set may take; entities answer in half of that.
constexpr std::chrono::seconds put_patience{60};

/// Rows on a page.
constexpr size_t listed_secrets = 1'000;

const security::master_key* find_key(const master_keys& in,
                                     const std::string& id) {
  auto i = std::find_if(in.begin(), in.end(),
                        [&](auto& key) { return key.id() == id; });
  return i == in.end() ? nullptr : &*i;
}

caf::error damaged(const entity::key& id) {
  return make_error(ec::corrupt, "the secret " + id.id + " of tenant "
                                   + id.tenant
                                   + " cannot be opened; set it again");
}

} // namespace

vault::vault(std::shared_ptr<store::engine> engine, master_keys keys,
             key_keeper keep)
    : engine_(std::move(engine)), keep_(std::move(keep)),
      keys_(std::move(keys)) {}

vault::putting::putting(vault& in, security::master_key key)
    : in_(in), key_(std::move(key)) {}

vault::putting::~putting() {
  in_.end_put(key_.id(), settled_);
}

put_secret vault::putting::seal(const security::secret_subject& about,
                                std::string_view value, std::string by) const {
  std::array<uint8_t, security::seal_random_bytes> random{};
  randombytes_buf(random.data(), random.size());
  put_secret result{about.version, security::seal(key_, about, value, random),
                    security::mark_of(key_, about.tenant, value),
                    std::move(by)};
  security::wipe(random);
  return result;
}

std::shared_ptr<vault::putting> vault::begin_put() {
  std::lock_guard guard{mutex_};
  auto result = std::make_shared<putting>(*this, keys_.front());
  ++puts_[keys_.front().id()];
  return result;
}

void vault::end_put(const std::string& key, bool settled) {
  std::lock_guard guard{mutex_};
  if (auto i = puts_.find(key); i != puts_.end() && --i->second == 0)
    puts_.erase(i);
  doubtful_ = doubtful_ || !settled;
  ended_.notify_all();
}

bool vault::wait_for_puts() {
  std::unique_lock lock{mutex_};
  auto& now = keys_.front().id();
  auto done = ended_.wait_for(lock, put_patience, [&] {
    return std::all_of(puts_.begin(), puts_.end(),
                       [&](auto& x) { return x.first == now; });
  });
  return done && !doubtful_;
}

master_keys vault::keys() {
  std::lock_guard guard{mutex_};
  return keys_;
}

bool vault::has_old_keys() {
  std::lock_guard guard{mutex_};
  return keys_.size() > 1;
}

caf::expected<secret_value> vault::find(const std::string& tenant,
                                        const std::string& name) {
  entity::key id{tenant, name};
  if (!is_secret_name(name))
    return make_error(ec::not_found,
                      "there is no secret " + wire::excerpt(name));
  // A change of keys may come between the one and the other.
  for (auto tries = 0; tries < 2; ++tries) {
    auto now = entity::replay<vault_secret>(*engine_, id);
    if (!now)
      return std::move(now.error());
    auto& state = now->state;
    if (state.version == 0)
      return make_error(ec::not_found, "there is no secret " + name);
    auto all = keys();
    auto* key = find_key(all, state.what.master);
    if (key == nullptr)
      continue;
    auto value =
      security::unseal(*key, {tenant, name, state.version}, state.what);
    if (value == nullptr)
      return damaged(id);
    return secret_value{std::move(value)};
  }
  return damaged(id);
}

caf::error
vault::for_each(const std::map<std::string, std::string>& where,
                const std::function<caf::error(const entity::key&)>& what) {
  auto tenants = tenants::list_tenants(*engine_);
  if (!tenants)
    return std::move(tenants.error());
  for (auto& tenant : *tenants) {
    store::query all{vault_secret::kind, tenant, where, "", listed_secrets, {}};
    do {
      auto page = engine_->list(all);
      if (!page)
        return std::move(page.error());
      for (auto& row : page->rows)
        if (auto err = what({tenant, row.stream.id}))
          return err;
      all.cursor = page->next_cursor;
    } while (!all.cursor.empty());
  }
  return caf::none;
}

std::string vault::key_id() {
  std::lock_guard guard{mutex_};
  return keys_.front().id();
}

caf::expected<std::vector<lost_secret>> vault::list_lost() {
  auto all = keys();
  std::vector<lost_secret> result;
  auto err = for_each({}, [&](const entity::key& id) -> caf::error {
    auto row = engine_->read_summary(entity::stream_of<vault_secret>(id));
    if (!row)
      return std::move(row.error());
    auto& fields = row->summary.fields;
    auto i = fields.find(master_field);
    auto master = i == fields.end() ? std::string{} : i->second;
    if (find_key(all, master) == nullptr)
      result.push_back({id, std::move(master)});
    return caf::none;
  });
  if (err)
    return err;
  return result;
}

caf::expected<rotation_report> vault::rotate(const secret_teller& tell) {
  if (!keep_)
    return make_error(
      ec::conflict,
      "the master key of the vault comes from vault.key, and is not ours to "
      "make: start the machine with a new one there and with that of now as "
      "vault.old_key, and all secrets are moved to the new one");
  std::unique_lock lock{rotating_, std::try_to_lock};
  if (!lock.owns_lock())
    return make_error(ec::conflict, "the master key is being changed already; "
                                    "look again when that has ended");
  auto next = keys();
  if (next.size() == max_master_keys)
    return make_error(ec::conflict,
                      "too many changes of the master key were cut off; start "
                      "the machine again, which finishes them");
  next.insert(next.begin(), make_master_key());
  // Durable before anything is under it.
  if (auto err = keep_(next))
    return err;
  {
    std::lock_guard guard{mutex_};
    keys_ = std::move(next);
  }
  return move_all(tell);
}

caf::expected<rotation_report>
vault::finish_rotation(const secret_teller& tell) {
  std::lock_guard lock{rotating_};
  return move_all(tell);
}

caf::expected<rotation_report> vault::move_all(const secret_teller& tell) {
  auto is_sure = wait_for_puts();
  rotation_report result;
  auto all = keys();
  result.key = all.front().id();
  for (size_t i = 1; i < all.size(); ++i)
    if (auto err =
          for_each({{master_field, all[i].id()}}, [&](const entity::key& id) {
            return move(id, tell, result.secrets);
          }))
      return err;
  // At the next start nothing is being set, and it is tried again.
  if (!is_sure || all.size() == 1)
    return result;
  master_keys rest{all.front()};
  if (keep_)
    if (auto err = keep_(rest))
      return err;
  result.forgotten = static_cast<uint32_t>(all.size() - 1);
  std::lock_guard guard{mutex_};
  keys_ = std::move(rest);
  return result;
}

caf::error vault::move(const entity::key& id, const secret_teller& tell,
                       uint32_t& moved) {
  auto now = entity::replay<vault_secret>(*engine_, id);
  if (!now)
    return std::move(now.error());
  auto& state = now->state;
  auto all = keys();
  auto* from = find_key(all, state.what.master);
  // Removed, or set again, meanwhile.
  if (state.version == 0 || from == &all.front())
    return caf::none;
  if (from == nullptr)
    return damaged(id);
  std::array<uint8_t, security::nonce_bytes> nonce{};
  randombytes_buf(nonce.data(), nonce.size());
  auto data_key = security::seal_again(
    *from, all.front(), {id.tenant, id.id, state.version}, state.what, nonce);
  if (!data_key)
    return damaged(id);
  auto err = tell(
    id, reseal_secret{state.version, all.front().id(), std::move(*data_key)});
  if (err)
    return with_context("the secret " + id.id + " of tenant " + id.tenant, err);
  ++moved;
  return caf::none;
}

} // namespace machine::secrets
