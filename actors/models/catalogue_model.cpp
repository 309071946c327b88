#include "actors/models/catalogue_parts.hpp"

#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace machine::models {

namespace {

bool is_id(std::string_view x) {
  return !x.empty() && x.size() <= 128
      && std::none_of(x.begin(), x.end(), [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\''
               || c == '\x7f';
         });
}

/// What is wrong with *name* as the name of a model; empty: nothing.
std::string wrong_with_name(const std::string& name) {
  if (!is_id(name))
    return "has spaces or quotes, or not 1 to 128 bytes";
  if (is_reserved_name(name))
    return "asks for a choice; auto and auto:* name no model";
  return {};
}

std::optional<unsigned> digits(std::string_view x) {
  unsigned value = 0;
  auto* end = x.data() + x.size();
  auto [at, code] = std::from_chars(x.data(), end, value);
  if (code != std::errc{} || at != end)
    return std::nullopt;
  return value;
}

/// The texts of *key* as values of *E*, each once. @param known What they can
/// be, for a person.
template <class E>
std::vector<E> read_names(toml_table& in, const std::string& key,
                          const std::string& known, std::vector<E> allowed) {
  std::vector<E> result;
  for (auto& text : in.texts(key)) {
    auto x = wire::from_name<E>(text);
    if (!x || std::find(allowed.begin(), allowed.end(), *x) == allowed.end())
      in.complain(key,
                  "has \"" + wire::excerpt(text) + "\"; it can have " + known);
    else if (std::find(result.begin(), result.end(), *x) == result.end())
      result.push_back(*x);
  }
  return result;
}

std::vector<std::string> read_aliases(toml_table& in) {
  auto result = in.texts("aliases");
  for (auto& alias : result)
    if (auto wrong = wrong_with_name(alias); !wrong.empty())
      in.complain("aliases",
                  "has \"" + wire::excerpt(alias) + "\", which " + wrong);
  return result;
}

thinking read_thinking(toml_table& in) {
  if (!in.has("reasoning"))
    return thinking::none;
  auto text = in.plain("reasoning");
  if (text == "true")
    return thinking::shown;
  if (text == "hidden")
    return thinking::hidden;
  if (text && text != "false")
    in.complain("reasoning", "is \"" + wire::excerpt(*text)
                               + "\"; it can be true, false or \"hidden\"");
  return thinking::none;
}

/// A number that may be missing.
std::optional<uint32_t> read_count(toml_table& in, const std::string& key,
                                   int64_t most) {
  if (!in.has(key))
    return std::nullopt;
  return static_cast<uint32_t>(in.integer(key, 1, 1, most));
}

void read_abilities(toml_table& in, model_entry& x) {
  using enum attachment_kind;
  x.tools = in.flag("tools", false);
  x.structured_output = in.flag("structured_output", false);
  x.takes = read_names<attachment_kind>(
    in, "takes", "image, document and audio", {image, document, audio});
  x.max_images = read_count(in, "max_images", 100'000);
  x.reasoning = read_thinking(in);
  x.streams = in.flag("streams", true);
  x.embeddings = in.flag("embeddings", false);
  x.dimensions = read_count(in, "dimensions", 1'000'000);
  if (x.dimensions && !x.embeddings)
    in.complain("dimensions", "is the length of vectors; set embeddings = true "
                              "if the model makes them");
}

void read_policy(toml_table& in, model_entry& x) {
  using enum data_promise;
  x.regions = in.texts("regions");
  x.data =
    read_names<data_promise>(in, "data", "no_training and zero_retention",
                             {no_training, zero_retention});
  x.deprecated = in.text("deprecated", "");
  if (!x.deprecated.empty() && !is_day(x.deprecated))
    in.complain("deprecated", "is \"" + wire::excerpt(x.deprecated)
                                + "\"; it must be a day, such as "
                                  "\"2026-11-28\"");
}

} // namespace

bool is_model_name(std::string_view x) {
  return is_id(x) && !is_reserved_name(x);
}

bool is_day(std::string_view x) {
  if (x.size() != 10 || x[4] != '-' || x[7] != '-')
    return false;
  auto year = digits(x.substr(0, 4));
  auto month = digits(x.substr(5, 2));
  auto day = digits(x.substr(8, 2));
  return year && month && day
      && std::chrono::year_month_day{std::chrono::year{static_cast<int>(*year)},
                                     std::chrono::month{*month},
                                     std::chrono::day{*day}}
           .ok();
}

bool is_reserved_name(std::string_view name) {
  return name == "auto" || name.starts_with("auto:");
}

dialect usual_dialect(const catalogue& in, const model_entry& x) {
  auto i = in.providers.find(x.provider);
  return i == in.providers.end() ? dialect{} : i->second.speaks;
}

model_entry read_model(toml_table in, const std::string& id,
                       const catalogue& known) {
  model_entry x;
  x.id = id;
  if (auto wrong = wrong_with_name(id); !wrong.empty())
    in.complain("", "has an id that " + wrong);
  x.aliases = read_aliases(in);
  x.provider = in.text("provider");
  x.name = in.text("name", id);
  x.context_tokens =
    static_cast<uint64_t>(in.integer("context", 0, 1, 100'000'000));
  x.max_output_tokens = static_cast<uint32_t>(
    in.integer("max_output", usual_max_output, 1, 1'000'000));
  read_abilities(in, x);
  x.speaks = usual_dialect(known, x);
  read_dialect(in, x.speaks);
  x.price =
    read_price(in, x.embeddings ? price_of::vectors : price_of::answers);
  if (in.has("quality")) {
    auto quality = in.table("quality");
    for (auto& key : quality.keys())
      x.quality[key] = quality.real(key, 0, 0, 1);
    quality.finish();
  }
  read_policy(in, x);
  x.source = in.text("source", "");
  x.as_of = in.text("as_of", "");
  in.finish();
  return x;
}

} // namespace machine::models
