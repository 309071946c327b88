#include "deploy/machine/providers.hpp"

#include "actors/models/http_provider.hpp"
#include "actors/models/local_models.hpp"
#include "actors/models/routing/policy_file.hpp"
#include "actors/models/scripted.hpp"

#include "runtime/security/secret.hpp"

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

/// The keys of a provider: the one in the settings, or those that the catalogue
/// names.
models::found_keys keys_of(const models::provider_entry& x,
                           const config::config& settings,
                           const models::key_lookup& secret) {
  auto name = "models." + x.name + "_key";
  if (auto i = settings.all().find(name);
      i != settings.all().end() && !i->second.value.empty())
    return {{{i->second.value, 1}}, {}};
  return models::find_keys(x, config::process_environment, [&](auto& name) {
    return secret ? secret(name) : std::nullopt;
  });
}

/// What stands for *keys*, in which none can be found again.
security::digest mark_of(const std::vector<models::provider_key>& keys) {
  std::string text;
  for (auto& x : keys)
    text += std::to_string(x.weight) + ' ' + std::to_string(x.text.size()) + ' '
          + x.text;
  auto result = security::blake2b({as_bytes(text)});
  security::wipe(text);
  return result;
}

/// What to do where there is no key at all.
std::string advice(const models::found_keys& from) {
  std::string result = "no key: ";
  for (size_t i = 0; i < from.missing.size(); ++i)
    result += (i == 0 ? "" : ", or ") + from.missing[i];
  return result;
}

caf::expected<models::catalogue>
read_catalogue(const config::config& settings) {
  auto catalogue = models::built_in_catalogue();
  auto& path = settings.text("models.catalogue");
  if (!catalogue || path.empty())
    return catalogue;
  auto text = read_file(path, "models.catalogue");
  if (!text)
    return std::move(text.error());
  return models::load_catalogue(std::move(*catalogue), *text, path);
}

caf::expected<std::map<std::string, models::routing_policy>>
read_policies(const config::config& settings) {
  auto& path = settings.text("models.policies");
  if (path.empty())
    return std::map<std::string, models::routing_policy>{};
  auto text = read_file(path, "models.policies");
  if (!text)
    return std::move(text.error());
  return models::load_policies(*text, path);
}

caf::expected<std::shared_ptr<models::provider>>
make_scripted(const std::string& name, const std::string& path) {
  auto text = read_file(path, "models.scripted");
  if (!text)
    return std::move(text.error());
  auto script = models::load_script(*text, path);
  if (!script)
    return std::move(script.error());
  return models::make_scripted(name, *script);
}

/// Where a provider is, unless its entry is overruled.
caf::expected<std::string> url_of(const models::provider_entry& x,
                                  const config::config& settings) {
  auto i = settings.all().find("models." + x.name + "_url");
  if (i == settings.all().end() || i->second.value.empty())
    return x.url;
  auto& url = i->second.value;
  if (url.starts_with("http://") || url.starts_with("https://"))
    return url;
  return make_error(ec::invalid_argument,
                    i->first + " is \"" + url
                      + "\"; it must begin with http:// or https://");
}

/// What became of *x* before; null if it is another entry now, or has other
/// keys.
std::shared_ptr<models::provider> kept(const models::model_stock& before,
                                       const models::provider_entry& x,
                                       const security::digest& mark) {
  auto entry = before.listed.providers.find(x.name);
  auto made = before.providers.find(x.name);
  auto keys = before.key_marks.find(x.name);
  if (entry == before.listed.providers.end() || entry->second != x
      || made == before.providers.end() || keys == before.key_marks.end()
      || keys->second != mark)
    return nullptr;
  return made->second;
}

} // namespace

caf::expected<models::model_stock> stock_models(
  const config::config& settings, const std::shared_ptr<net::client>& http,
  const model_surroundings& around, const models::model_stock& before) {
  auto listed = read_catalogue(settings);
  if (!listed)
    return std::move(listed.error());
  auto policies = read_policies(settings);
  if (!policies)
    return std::move(policies.error());
  models::model_stock result;
  result.listed = std::move(*listed);
  result.policies = std::move(*policies);
  result.discovered = models::merge_local_models(result.listed, around.found);
  auto anywhere = settings.boolean("net.allow_private");
  for (auto& [name, x] : result.listed.providers) {
    models::found_keys found;
    if (x.protocol != models::protocol_kind::scripted)
      found = keys_of(x, settings, around.secret);
    auto& mark = result.key_marks[name] = mark_of(found.keys);
    auto made = kept(before, x, mark);
    if (x.protocol == models::protocol_kind::scripted) {
      auto& script = settings.text("models.scripted");
      if (script.empty()) {
        result.unusable[name] = "there is no script; name one with "
                                "models.scripted";
        continue;
      }
      if (!made) {
        auto scripted = make_scripted(name, script);
        if (!scripted)
          return std::move(scripted.error());
        made = std::move(*scripted);
      }
    } else {
      if (found.keys.empty() && !found.missing.empty())
        result.unusable[name] = advice(found);
      auto url = url_of(x, settings);
      if (!url)
        return std::move(url.error());
      if (!made) {
        auto entry = x;
        entry.url = std::move(*url);
        // The catalogue's word that a provider lives on this network.
        auto addresses = anywhere || x.local
                         ? net::address_policy::any
                         : net::address_policy::public_and_loopback;
        made = models::make_http_provider(
          std::move(entry), std::move(found.keys), http, addresses);
      }
    }
    result.providers[name] = std::move(made);
  }
  return result;
}

} // namespace machine::deploy
