#include "actors/models/catalogue.hpp"

#include "actors/models/catalogue_parts.hpp"
#include "runtime/embedded.hpp"
#include "runtime/wire/wire.hpp"

#include <set>

namespace machine::models {

namespace {

/// Takes *alias* from whoever of *in* has it.
void drop_alias(catalogue& in, const std::string& alias) {
  auto i = in.aliases.find(alias);
  if (i == in.aliases.end())
    return;
  if (auto of = in.models.find(i->second); of != in.models.end())
    std::erase(of->second.aliases, alias);
  in.aliases.erase(i);
}

/// Enters the aliases of the models that a file lists as *all* does.
void enter_aliases(toml_table& all, catalogue& to) {
  auto ids = all.keys();
  std::set<std::string> listed{ids.begin(), ids.end()};
  // Those of entries that are no more.
  std::erase_if(to.aliases, [&](auto& x) { return listed.contains(x.second); });
  for (auto& id : ids)
    drop_alias(to, id);
  for (auto& id : ids)
    for (auto& alias : std::vector{to.models[id].aliases}) {
      auto complain = [&](const std::string& what) {
        all.table(id).complain("aliases",
                               "has \"" + wire::excerpt(alias) + "\", " + what);
      };
      if (to.models.contains(alias)) {
        complain("which is the id of a model; leave it out, or list a model "
                 "with that id");
        continue;
      }
      if (auto i = to.aliases.find(alias); i != to.aliases.end()) {
        if (listed.contains(i->second)) {
          complain("which model " + i->second
                   + " has already; one of them must do without it");
          continue;
        }
        drop_alias(to, alias);
      }
      to.aliases[alias] = id;
    }
}

} // namespace

const model_entry* find_model(const catalogue& in, const std::string& name) {
  auto i = in.models.find(name);
  if (i == in.models.end())
    if (auto alias = in.aliases.find(name); alias != in.aliases.end())
      i = in.models.find(alias->second);
  return i == in.models.end() ? nullptr : &i->second;
}

caf::expected<catalogue> load_catalogue(catalogue base, std::string_view text,
                                        const std::string& file_name) {
  auto file = toml_file::parse(text, file_name);
  if (!file)
    return std::move(file.error());
  auto root = file->root();
  if (root.has("provider")) {
    auto all = root.table("provider");
    for (auto& name : all.keys())
      base.providers[name] = read_provider(all.table(name), name);
    all.finish();
  }
  if (root.has("model")) {
    auto all = root.table("model");
    for (auto& id : all.keys()) {
      auto in = all.table(id);
      base.models[id] = read_model(in, id, base);
      if (!base.providers.contains(base.models[id].provider))
        in.complain("provider", "is " + base.models[id].provider
                                  + ", which is not in the catalogue");
    }
    enter_aliases(all, base);
    all.finish();
  }
  root.finish();
  if (auto err = file->problems())
    return err;
  return base;
}

caf::expected<catalogue> built_in_catalogue() {
  return load_catalogue({}, embedded_file("actors/models/catalogue.toml"),
                        "catalogue.toml (built in)");
}

} // namespace machine::models
