#include "actors/models/local_models.hpp"

#include "actors/models/provider_json.hpp"

#include <algorithm>

// github.com/ollama/ollama/blob/main/docs/api.md and
// github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md.

namespace machine::models {

namespace {

using nlohmann::json;

/// The answers of a model on this machine are worth half of the best, as long
/// as nobody says better.
constexpr double usual_quality = 0.5;

/// Where a server does not say.
constexpr uint64_t least_context = 2'048;
constexpr uint64_t longest_context = 100'000'000;
constexpr uint32_t longest_answer = 8'192;

/// The objects in the list at *key*, at most `max_local_models`.
std::vector<json> objects_at(const json& from, const char* key) {
  std::vector<json> out;
  if (auto* list = part_at(from, key); list != nullptr && list->is_array())
    for (auto& x : *list)
      if (x.is_object() && out.size() < max_local_models)
        out.push_back(x);
  return out;
}

bool lists(const json& from, const char* key, std::string_view what) {
  auto* list = part_at(from, key);
  return list != nullptr && list->is_array()
      && std::any_of(list->begin(), list->end(), [&](auto& x) {
           return x.is_string() && x.template get<std::string>() == what;
         });
}

bool holds(const json& from, const char* key) {
  auto i = from.is_object() ? from.find(key) : from.end();
  return from.is_object() && i != from.end() && i->is_boolean()
      && i->get<bool>();
}

void take_context(local_model& x, std::optional<uint64_t> tokens) {
  if (tokens && *tokens > 0 && *tokens <= longest_context)
    x.context_tokens = *tokens;
}

/// What people call a model: files of weights without their folder and ending.
/// Empty if it cannot be a name.
std::string id_of(const std::string& name) {
  auto result = name;
  if (result.ends_with(".gguf")) {
    result.erase(result.size() - 5);
    result.erase(0, result.rfind('/') + 1);
  }
  auto bad = result.size() > 128
          || std::any_of(result.begin(), result.end(), [](char c) {
               return c <= 0x20 || c == 0x7F || c == '"' || c == '\'';
             });
  return bad ? std::string{} : result;
}

} // namespace

std::vector<local_model> read_ollama_tags(std::string_view body) {
  std::vector<local_model> out;
  for (auto& x : objects_at(parse_bounded(body), "models")) {
    local_model model;
    model.name = text_at(x, "model");
    if (model.name.empty())
      model.name = text_at(x, "name");
    if (!model.name.empty())
      out.push_back(std::move(model));
  }
  return out;
}

std::map<std::string, uint64_t> read_ollama_contexts(std::string_view body) {
  std::map<std::string, uint64_t> out;
  for (auto& x : objects_at(parse_bounded(body), "models")) {
    local_model model;
    take_context(model, count_at(x, "context_length"));
    if (model.context_tokens > 0)
      out[text_at(x, "model")] = model.context_tokens;
  }
  return out;
}

void read_ollama_show(std::string_view body, local_model& x) {
  auto document = parse_bounded(body);
  x.tools = lists(document, "capabilities", "tools");
  x.images = lists(document, "capabilities", "vision");
  x.audio = lists(document, "capabilities", "audio");
  x.embeds = lists(document, "capabilities", "embedding")
          && !lists(document, "capabilities", "completion");
  // Its name begins with that of the architecture.
  if (auto* info = part_at(document, "model_info"); info && info->is_object())
    for (auto& [key, value] : info->items())
      if (key.ends_with(".context_length"))
        take_context(x, count_at(*info, key.c_str()));
}

std::vector<local_model> read_model_list(std::string_view body) {
  std::vector<local_model> out;
  for (auto& x : objects_at(parse_bounded(body), "data")) {
    local_model model;
    model.name = text_at(x, "id");
    if (!model.name.empty())
      out.push_back(std::move(model));
  }
  return out;
}

void read_llama_props(std::string_view body, local_model& x) {
  auto document = parse_bounded(body);
  if (auto* settings = part_at(document, "default_generation_settings"))
    take_context(x, count_at(*settings, "n_ctx"));
  if (auto* senses = part_at(document, "modalities")) {
    x.images = holds(*senses, "vision");
    x.audio = holds(*senses, "audio");
  }
  if (auto* abilities = part_at(document, "chat_template_caps"))
    x.tools = holds(*abilities, "supports_tools");
  else
    x.tools =
      text_at(document, "chat_template").find("tools") != std::string::npos;
}

void add_local_models(catalogue& to, const local_server& of,
                      const std::vector<local_model>& all) {
  provider_entry provider;
  provider.name = of.provider;
  provider.url = of.url + "/v1";
  provider.local = true;
  to.providers.emplace(of.provider, provider);
  auto& speaks = to.providers.at(of.provider).speaks;
  for (auto& x : all) {
    auto id = id_of(x.name);
    if (id.empty() || x.embeds)
      continue;
    model_entry model;
    model.id = id;
    model.provider = of.provider;
    model.name = x.name;
    model.context_tokens =
      x.context_tokens > 0 ? x.context_tokens : least_context;
    model.max_output_tokens = static_cast<uint32_t>(
      std::min<uint64_t>(model.context_tokens, longest_answer));
    model.tools = x.tools;
    model.structured_output = true;
    if (x.images)
      model.takes.push_back(attachment_kind::image);
    if (x.audio)
      model.takes.push_back(attachment_kind::audio);
    model.speaks = speaks;
    model.price = costs::price{};
    model.quality["general"] = usual_quality;
    model.source = of.url;
    to.models.emplace(id, std::move(model));
  }
}

std::set<std::string> merge_local_models(catalogue& to,
                                         const catalogue& found) {
  auto stands_for_another = [&](const std::string& name,
                                const std::string& url) {
    auto i = to.providers.find(name);
    return i != to.providers.end() && i->second.url != url;
  };
  std::set<std::string> result;
  for (auto& [name, server] : found.providers) {
    auto as = name;
    if (stands_for_another(as, server.url))
      as = "local-" + name;
    if (stands_for_another(as, server.url))
      continue;
    auto entry = server;
    entry.name = as;
    auto& speaks = to.providers.emplace(as, std::move(entry)).first->second;
    for (auto& [id, x] : found.models) {
      if (x.provider != name || find_model(to, id) != nullptr)
        continue;
      auto model = x;
      model.provider = as;
      model.speaks = speaks.speaks;
      to.models.emplace(id, std::move(model));
      result.insert(id);
    }
  }
  return result;
}

} // namespace machine::models
