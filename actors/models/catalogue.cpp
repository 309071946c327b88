#include "actors/models/catalogue.hpp"

#include "actors/models/catalogue_parts.hpp"
#include "runtime/embedded.hpp"

namespace machine::models {

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
