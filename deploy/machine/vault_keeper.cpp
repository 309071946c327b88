#include "deploy/machine/vault_keeper.hpp"

#include "actors/node/actors.hpp"
#include "actors/secrets/teller.hpp"
#include "actors/tenants.hpp"

namespace machine::deploy {

namespace {

/// How many lost secrets a message names.
constexpr size_t most_named = 3;

struct master_source {
  secrets::master_keys keys;
  secrets::key_keeper keep;
  /// For people.
  std::string place;
};

std::string lost_names(const std::vector<secrets::lost_secret>& all) {
  std::string result;
  for (size_t i = 0; i < std::min(all.size(), most_named); ++i)
    result +=
      (i == 0 ? "" : ", ") + all[i].id.id + " of tenant " + all[i].id.tenant;
  return all.size() > most_named ? result + ", ..." : result;
}

caf::error refuse(const std::vector<secrets::lost_secret>& lost,
                  const std::string& why) {
  return make_error(
    ec::not_found,
    "the vault stays shut: " + std::to_string(lost.size()) + " secrets ("
      + lost_names(lost) + ") are under the master key " + lost.front().master
      + ", and " + why
      + "; put that key there and start again: nothing is lost. If it is gone "
        "for good, so are they: start once with vault.forget_lost=true, which "
        "removes them");
}

/// The key that is a setting, or the file.
caf::expected<master_source> find_master_keys(const config::config& settings,
                                              const std::string& data) {
  master_source result;
  if (auto& text = settings.text("vault.key"); !text.empty()) {
    auto key = secrets::read_master_key("vault.key", text);
    if (!key)
      return std::move(key.error());
    result.keys.push_back(std::move(*key));
    result.place = "vault.key";
  } else {
    auto path = settings.text("vault.key_file");
    if (path.empty())
      path = data + "/vault.key";
    auto keys = secrets::read_key_file(path);
    if (keys)
      result.keys = std::move(*keys);
    else if (code_of(keys.error()) != ec::not_found)
      return std::move(keys.error());
    result.keep = [path](const secrets::master_keys& next) {
      return secrets::write_key_file(path, next);
    };
    result.place = path;
  }
  if (auto& text = settings.text("vault.old_key"); !text.empty()) {
    auto key = secrets::read_master_key("vault.old_key", text);
    if (!key)
      return std::move(key.error());
    // Without a first key it would become the one in use.
    if (result.keys.empty())
      result.keys.push_back(secrets::make_master_key());
    result.keys.push_back(std::move(*key));
  }
  return result;
}

} // namespace

caf::expected<std::shared_ptr<secrets::vault>>
open_vault(const config::config& settings, const std::string& data,
           std::shared_ptr<store::engine> engine) {
  auto found = find_master_keys(settings, data);
  if (!found)
    return std::move(found.error());
  auto is_new = found->keys.empty();
  if (is_new)
    found->keys.push_back(secrets::make_master_key());
  auto result = std::make_shared<secrets::vault>(std::move(engine), found->keys,
                                                 found->keep);
  auto lost = result->list_lost();
  if (!lost)
    return std::move(lost.error());
  if (!lost->empty() && !settings.boolean("vault.forget_lost"))
    return refuse(*lost, is_new ? "there is no " + found->place
                                : found->place + " has " + result->key_id());
  // Also what was read is written again: the old key of a setting may go.
  if (found->keep && (is_new || found->keys.size() > 1))
    if (auto err = found->keep(found->keys))
      return err;
  return result;
}

void settle_vault(const config::config& settings, secrets::vault& what,
                  node& in, const logger& log) {
  auto& actors = in.actors();
  if (settings.boolean("vault.forget_lost")) {
    auto lost = what.list_lost();
    caf::scoped_actor self{actors.system};
    constexpr std::chrono::seconds patience{30};
    for (auto& x : lost ? *lost : std::vector<secrets::lost_secret>{})
      self->request(actors.secrets, patience, atom::erase_v, x.id)
        .receive(
          [&](bool) {
            log.warn("a secret that nobody can open was removed",
                     {{"secret", x.id.id}, {"tenant", x.id.tenant}});
          },
          [&](const caf::error& why) {
            log.error("a secret that nobody can open cannot be removed",
                      {{"secret", x.id.id}, {"why", render(why)}});
          });
  }
  if (!what.has_old_keys())
    return;
  auto done =
    what.finish_rotation(secrets::make_teller(actors.system, actors.secrets));
  if (done)
    log.info("secrets are under the new master key",
             {{"key", done->key}, {"secrets", std::to_string(done->secrets)}});
  else
    log.error("some secrets are under the old master key still; keep it",
              {{"why", render(done.error())}});
}

costs::secret_finder secrets_of_tenants(std::shared_ptr<secrets::vault> in,
                                        logger log) {
  return [in = std::move(in), log = std::move(log)](
           const std::string& tenant,
           const std::string& name) -> std::optional<std::string> {
    auto value = in->find(tenant, name);
    if (value)
      return (*value)->text;
    if (code_of(value.error()) != ec::not_found)
      log.warn("a secret cannot be read", {{"why", render(value.error())}});
    return std::nullopt;
  };
}

models::key_lookup secrets_of_machine(std::shared_ptr<secrets::vault> in,
                                      logger log) {
  return [find = secrets_of_tenants(std::move(in), std::move(log))](
           const std::string& name) { return find(local_tenant, name); };
}

} // namespace machine::deploy
