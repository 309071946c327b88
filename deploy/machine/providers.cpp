#include "deploy/machine/providers.hpp"

#include "actors/models/http_provider.hpp"
#include "actors/models/scripted.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace machine::deploy {

namespace {

caf::expected<std::string> read_file(const std::string& path,
                                     const std::string& setting) {
  constexpr uintmax_t most = 4u << 20;
  std::error_code code;
  auto size = std::filesystem::file_size(path, code);
  if (code)
    return make_error(ec::not_found, setting + ": cannot read " + path + ": "
                                       + code.message());
  if (size > most)
    return make_error(ec::limit_exceeded,
                      setting + ": " + path + " has more than 4 MiB");
  std::ifstream in{path, std::ios::binary};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

/// The key of a provider, from the settings or from its variable.
std::string key_of(const models::provider_entry& x,
                   const config::config& settings) {
  auto name = "models." + x.name + "_key";
  if (auto i = settings.all().find(name);
      i != settings.all().end() && !i->second.value.empty())
    return i->second.value;
  if (x.key_env.empty())
    return {};
  return config::process_environment(x.key_env).value_or("");
}

} // namespace

caf::error add_models(node_options& to, const config::config& settings,
                      std::shared_ptr<net::client> http) {
  auto catalogue = models::built_in_catalogue();
  if (!catalogue)
    return std::move(catalogue.error());
  if (auto& path = settings.text("models.catalogue"); !path.empty()) {
    auto text = read_file(path, "models.catalogue");
    if (!text)
      return std::move(text.error());
    catalogue = models::load_catalogue(std::move(*catalogue), *text, path);
    if (!catalogue)
      return std::move(catalogue.error());
  }
  to.catalogue = std::move(*catalogue);
  models::script script;
  if (auto& path = settings.text("models.scripted"); !path.empty()) {
    auto text = read_file(path, "models.scripted");
    if (!text)
      return std::move(text.error());
    auto loaded = models::load_script(*text, path);
    if (!loaded)
      return std::move(loaded.error());
    script = std::move(*loaded);
  }
  auto anywhere = settings.boolean("net.allow_private");
  for (auto& [name, x] : to.catalogue.providers) {
    if (x.protocol == models::protocol_kind::scripted) {
      if (settings.text("models.scripted").empty())
        to.unusable_providers[name] =
          "there is no script; name one with models.scripted";
      else
        to.providers[name] = models::make_scripted(name, script);
      continue;
    }
    auto entry = x;
    if (auto i = settings.all().find("models." + name + "_url");
        i != settings.all().end() && !i->second.value.empty()) {
      entry.url = i->second.value;
      if (!entry.url.starts_with("http://")
          && !entry.url.starts_with("https://"))
        return make_error(ec::invalid_argument,
                          i->first + " is \"" + entry.url
                            + "\"; it must begin with http:// or https://");
    }
    // The catalogue's word that a provider lives on this network.
    auto addresses = anywhere || x.local
                     ? net::address_policy::any
                     : net::address_policy::public_and_loopback;
    auto key = key_of(x, settings);
    if (key.empty() && !x.key_env.empty())
      to.unusable_providers[name] = "no key: set " + x.key_env;
    to.providers[name] =
      models::make_http_provider(std::move(entry), key, http, addresses);
  }
  return caf::none;
}

} // namespace machine::deploy
