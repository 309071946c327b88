#include "actors/models/litellm.hpp"

#include "actors/models/catalogue_parts.hpp"
#include "actors/models/catalogue_text.hpp"
#include "actors/models/litellm_entry.hpp"

#include <algorithm>
#include <set>

namespace machine::models {

namespace {

/// What the catalogue calls a provider of the list.
std::string our_name(const std::string& theirs) {
  static const std::map<std::string, std::string> others{
    {"bedrock_converse", "bedrock"}, {"cohere_chat", "cohere"},
    {"fireworks_ai", "fireworks"},   {"moonshot", "moonshotai"},
    {"ollama_chat", "ollama"},       {"together_ai", "together"},
  };
  auto i = others.find(theirs);
  return i == others.end() ? theirs : i->second;
}

/// The provider at the same address as *of* that speaks of answers in OpenAI's
/// newer way; none if the catalogue has none.
const provider_entry* answers_by_responses(const catalogue& in,
                                           const provider_entry& of) {
  constexpr std::string_view wanted = "openai_responses";
  for (auto& [name, x] : in.providers)
    if (wire::to_name(x.protocol) == wanted
        && (x.url == of.url || name == of.name))
      return &x;
  return nullptr;
}

/// What a model of the list is in the catalogue.
class importer {
public:
  importer(const catalogue& known, const import_request& what)
      : known_(known), what_(what) {}

  void take(const wire::document& in, const wire::node& of) {
    std::string name{of.key};
    if (what_.wanted && !what_.wanted(name))
      return;
    if (auto why = read(in, of, name); !why.empty())
      result_.skipped.push_back({std::move(name), std::move(why)});
  }

  import_result finish() {
    for (auto& [id, x] : models_) {
      // What is an id now is no alias any more.
      std::erase_if(x.aliases, [&](auto& y) { return models_.contains(y); });
      auto text = to_toml(x, usual_dialect(known_, x));
      result_.toml += (result_.toml.empty() ? "" : "\n") + text;
      result_.models.push_back(std::move(x));
    }
    return std::move(result_);
  }

private:
  /// Why it was not taken; empty: it was, or nobody asked for it.
  std::string read(const wire::document& in, const wire::node& of,
                   const std::string& name) {
    if (of.kind != wire::node_kind::map)
      return "it is no object";
    list_entry from{in, of};
    auto theirs = from.text("litellm_provider").value_or("");
    auto ours = our_name(theirs);
    if (!is_wanted(theirs, ours))
      return {};
    auto mode = from.text("mode").value_or("");
    if (mode != "chat" && mode != "responses" && mode != "embedding")
      return mode.empty()
             ? "it has no mode"
             : "models of mode " + wire::excerpt(mode) + " are not asked here";
    auto provider = known_.providers.find(ours);
    if (provider == known_.providers.end())
      return "the catalogue has no provider " + wire::excerpt(ours);
    auto* served_by = &provider->second;
    auto endpoints = from.texts("supported_endpoints");
    auto only_responses =
      mode == "responses"
      && std::find(endpoints.begin(), endpoints.end(), "/v1/chat/completions")
           == endpoints.end();
    if (only_responses
        && wire::to_name(served_by->protocol) != "openai_responses") {
      served_by = answers_by_responses(known_, *served_by);
      if (served_by == nullptr)
        return "it answers by OpenAI's Responses only; the catalogue has no "
               "provider of protocol openai_responses for it";
    }
    auto theirs_of_it = called(name, theirs);
    if (theirs_of_it.starts_with("ft:"))
      return "it is the price of models that somebody has tuned";
    if (ours == "bedrock" && theirs_of_it.find('/') != std::string::npos)
      return "it is the price of one region, or of a commitment";
    return make(from, name, theirs_of_it, *served_by, mode == "embedding");
  }

  bool is_wanted(const std::string& theirs, const std::string& ours) const {
    auto& all = what_.providers;
    return all.empty() || std::find(all.begin(), all.end(), theirs) != all.end()
        || std::find(all.begin(), all.end(), ours) != all.end();
  }

  /// What the provider calls the model that the list calls *name*.
  static std::string called(const std::string& name,
                            const std::string& provider) {
    auto prefix = provider + "/";
    return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
  }

  /// The model of the catalogue that is the same one; null if there is none.
  const model_entry* same(const std::string& name, const std::string& called,
                          const std::string& provider) const {
    if (auto i = known_.models.find(name);
        i != known_.models.end() && i->second.provider == provider)
      return &i->second;
    for (auto& [id, x] : known_.models)
      if (x.provider == provider && x.name == called)
        return &x;
    return nullptr;
  }

  std::string make(list_entry& from, const std::string& name,
                   const std::string& called, const provider_entry& by,
                   bool vectors) {
    auto price =
      read_list_price(from, vectors ? list_kind::vectors : list_kind::answers);
    if (!price.price)
      return price.why;
    auto free = *price.price == costs::price{};
    if (free && !by.local)
      return "its price is zero, which the list also says where it knows none; "
             "write it into the catalogue yourself if it costs nothing";
    auto* known = same(name, called, by.name);
    model_entry x = known != nullptr ? *known : model_entry{};
    if (known == nullptr) {
      x.id = name;
      x.max_output_tokens = usual_max_output;
      x.provider = by.name;
      x.speaks = by.speaks;
      x.name = called;
    }
    if (!is_model_name(x.id) || !is_model_name(x.name))
      return "its name cannot be one of a model";
    if (models_.contains(x.id))
      return "it is model " + x.id + ", which stands in the list already";
    x.price = price.price;
    read_bounds(from, x);
    read_abilities(from, x, price, vectors);
    x.deprecated = from.text("deprecation_date").value_or("");
    if (!is_day(x.deprecated))
      x.deprecated.clear();
    auto source = from.text("source").value_or("");
    auto is_source = source.starts_with("https://") && source.size() <= 500;
    x.source = is_source ? source : what_.source;
    x.as_of = what_.as_of;
    for (auto& text : price.notes)
      result_.notes.push_back({name, std::move(text)});
    count_ignored(from);
    models_.emplace(x.id, std::move(x));
    return {};
  }

  static void read_bounds(list_entry& from, model_entry& x) {
    constexpr uint64_t most_context = 100'000'000;
    constexpr uint64_t most_output = 1'000'000;
    auto legacy = from.count("max_tokens", most_context);
    auto input = from.count("max_input_tokens", most_context);
    auto output = from.count("max_output_tokens", most_output);
    x.context_tokens = input.value_or(legacy.value_or(x.context_tokens));
    if (output || legacy)
      x.max_output_tokens = static_cast<uint32_t>(
        output.value_or(std::min(legacy.value_or(0), most_output)));
    if (auto images = from.count("max_images_per_prompt", 100'000))
      x.max_images = static_cast<uint32_t>(*images);
    if (auto length = from.count("output_vector_size", 1'000'000))
      x.dimensions = static_cast<uint32_t>(*length);
  }

  static void read_abilities(list_entry& from, model_entry& x,
                             const list_price& price, bool vectors) {
    using enum attachment_kind;
    x.embeddings = vectors;
    if (!vectors)
      x.dimensions = std::nullopt;
    x.tools = from.flag("supports_function_calling");
    x.structured_output = from.flag("supports_response_schema");
    x.takes.clear();
    if (from.flag("supports_vision") && !price.images_by_piece)
      x.takes.push_back(image);
    if (from.flag("supports_pdf_input"))
      x.takes.push_back(document);
    if (from.flag("supports_audio_input") && !price.audio_by_piece)
      x.takes.push_back(audio);
    // The list does not say whether its thoughts are seen.
    auto thinks = from.flag("supports_reasoning");
    if (!thinks)
      x.reasoning = thinking::none;
    else if (x.reasoning == thinking::none)
      x.reasoning = thinking::hidden;
    x.streams = !from.denies("supports_native_streaming");
    if (from.denies("supports_tool_choice"))
      x.speaks.forced_tools = false;
    if (auto regions = from.texts("supported_regions"); !regions.empty())
      x.regions = std::move(regions);
  }

  void count_ignored(const list_entry& from) {
    for (auto& [name, value] : from.left()) {
      auto i = result_.ignored.find(std::string{name});
      if (i != result_.ignored.end())
        ++i->second;
      else if (result_.ignored.size() < max_ignored_members)
        result_.ignored.emplace(name, 1);
    }
  }

  const catalogue& known_;
  const import_request& what_;
  std::map<std::string, model_entry> models_;
  import_result result_;
};

} // namespace

caf::expected<import_result> import_litellm(std::string_view text,
                                            const catalogue& known,
                                            const import_request& what) {
  wire::limits bounds;
  bounds.max_bytes = max_price_list_bytes;
  bounds.max_depth = 16;
  auto read = wire::parse_json(text, bounds);
  if (!read)
    return std::move(read.error());
  auto& root = read->root();
  if (root.kind != wire::node_kind::map)
    return make_error(ec::invalid_argument,
                      "this is " + std::string{wire::describe_kind(root.kind)}
                        + ", and no list of prices: that is an object with a "
                          "member for every model");
  importer result{known, what};
  size_t count = 0;
  for (auto* x = read->first(root); x != nullptr; x = read->next(*x)) {
    if (++count > max_price_list_models)
      return make_error(ec::limit_exceeded,
                        "the list has more than "
                          + std::to_string(max_price_list_models)
                          + " models; cut it down");
    // How an entry is written.
    if (x->key != "sample_spec")
      result.take(*read, *x);
  }
  return result.finish();
}

} // namespace machine::models
