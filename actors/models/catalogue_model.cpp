#include "actors/models/catalogue_parts.hpp"

#include <algorithm>

namespace machine::models {

namespace {

bool is_id(std::string_view x) {
  return !x.empty() && x.size() <= 128
      && x.find_first_of(" \t\n\r\"'") == x.npos;
}

std::optional<micro_usd> read_money(toml_table& in, const std::string& key) {
  if (!in.has(key))
    return std::nullopt;
  auto amount = costs::parse_usd(in.text(key));
  if (amount)
    return *amount;
  in.complain(key, "must be dollars per million tokens as text, such as "
                   "\"0.40\"");
  return std::nullopt;
}

std::optional<costs::price> read_price(toml_table& from) {
  if (!from.has("price"))
    return std::nullopt;
  auto in = from.table("price");
  auto input = read_money(in, "input");
  auto output = read_money(in, "output");
  auto cached = read_money(in, "cached");
  if (!in.has("input"))
    in.complain("input", "is missing");
  if (!in.has("output"))
    in.complain("output", "is missing");
  in.finish();
  if (!input || !output)
    return std::nullopt;
  costs::price x{*input, cached.value_or(*input), *output};
  return x;
}

} // namespace

model_entry read_model(toml_table in, const std::string& id,
                       const catalogue& known) {
  model_entry x;
  x.id = id;
  if (!is_id(id))
    in.complain("", "has an id with spaces or quotes");
  x.provider = in.text("provider");
  x.name = in.text("name", id);
  x.context_tokens =
    static_cast<uint64_t>(in.integer("context", 0, 1, 100'000'000));
  x.max_output_tokens =
    static_cast<uint32_t>(in.integer("max_output", 4'096, 1, 1'000'000));
  x.tools = in.flag("tools", false);
  x.structured_output = in.flag("structured_output", false);
  if (auto i = known.providers.find(x.provider); i != known.providers.end())
    x.speaks = i->second.speaks;
  read_dialect(in, x.speaks);
  x.price = read_price(in);
  if (in.has("quality")) {
    auto quality = in.table("quality");
    for (auto& key : quality.keys())
      x.quality[key] = quality.real(key, 0, 0, 1);
    quality.finish();
  }
  x.source = in.text("source", "");
  x.as_of = in.text("as_of", "");
  in.finish();
  return x;
}

} // namespace machine::models
