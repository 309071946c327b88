#include "actors/secrets/vault_secret.hpp"

#include "runtime/entity/draft.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::secrets {

namespace {

using draft_type = entity::draft<vault_secret>;

caf::error put(draft_type& to, const put_secret& x) {
  auto& name = to.ctx().key.id;
  if (!is_secret_name(name))
    return make_error(ec::invalid_argument,
                      wire::excerpt(name)
                        + " is no name of a secret; take 1 to 128 letters, "
                          "digits, `-`, `_` and `.`, and no `.` first");
  if (x.what.content.size() <= security::seal_overhead)
    return make_error(ec::invalid_argument,
                      "the secret " + name
                        + " is empty; to have none, remove it");
  if (x.what.content.size() > max_value + security::seal_overhead)
    return make_error(ec::limit_exceeded,
                      "the secret " + name + " has more than 64 KiB");
  if (x.version != to.now().version + 1)
    return make_error(ec::changed, "the secret " + name
                                     + " was set by somebody else meanwhile");
  to.emit(secret_set{x.version, x.what, x.mark, x.by});
  return caf::none;
}

caf::error reseal(draft_type& to, const reseal_secret& x) {
  auto& now = to.now();
  if (now.version > 0 && now.version == x.version
      && now.what.master != x.master)
    to.emit(secret_resealed{x.master, x.data_key});
  return caf::none;
}

} // namespace

bool is_secret_name(std::string_view name) {
  auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= max_name && name.front() != '.'
      && std::all_of(name.begin(), name.end(), good);
}

secret_summary summary_of(const secret_state& now, const std::string& name) {
  return {name,           now.version,    now.mark,      now.created_at,
          now.created_by, now.updated_at, now.updated_by};
}

caf::error vault_secret::decide(entity::draft<vault_secret>& to,
                                const command& what) {
  if (auto* x = std::get_if<put_secret>(&what))
    return put(to, *x);
  return reseal(to, std::get<reseal_secret>(what));
}

void vault_secret::apply(state& draft, const event& what, timestamp at) {
  if (auto* x = std::get_if<secret_set>(&what)) {
    if (draft.version == 0) {
      draft.created_at = at;
      draft.created_by = x->by;
    }
    draft.version = x->version;
    draft.what = x->what;
    draft.mark = x->mark;
    draft.updated_at = at;
    draft.updated_by = x->by;
  } else {
    auto& y = std::get<secret_resealed>(what);
    draft.what.master = y.master;
    draft.what.data_key = y.data_key;
  }
}

store::summary_row vault_secret::summarise(const state& now,
                                           const entity::key& id) {
  store::summary_row row;
  row.fields[master_field] = now.what.master;
  row.body = wire::to_msgpack(summary_of(now, id.id));
  return row;
}

} // namespace machine::secrets
