#include "actors/models/catalogue_parts.hpp"

namespace machine::models {

namespace {

constexpr const char* per_million =
  "must be dollars per million tokens as text, such as \"0.40\"";

constexpr const char* per_call =
  "must be dollars a call as text, such as \"0.005\"";

std::optional<micro_usd> read_money(toml_table& in, const std::string& key,
                                    const char* what = per_million) {
  if (!in.has(key))
    return std::nullopt;
  auto text = in.text(key, "0");
  auto amount = costs::parse_usd(text);
  if (amount)
    return *amount;
  in.complain(key, what);
  return std::nullopt;
}

/// The price of *key*, which must be there.
std::optional<micro_usd> need_money(toml_table& in, const std::string& key) {
  if (!in.has(key))
    in.complain(key, "is missing; it is dollars per million tokens as text, "
                     "such as \"0.40\"");
  return read_money(in, key);
}

/// Vectors have no tokens that could be paid for.
std::optional<micro_usd> read_output(toml_table& in, price_of what) {
  if (what == price_of::vectors && !in.has("output"))
    return micro_usd{0};
  return need_money(in, "output");
}

std::optional<costs::long_price> read_long(toml_table& from, price_of what) {
  if (!from.has("long"))
    return std::nullopt;
  auto in = from.table("long");
  costs::long_price x;
  if (!in.has("above"))
    in.complain("above", "is missing; it is the tokens of the longest prompt "
                         "that costs the usual price");
  x.above = static_cast<uint64_t>(in.integer("above", 1, 1, 100'000'000));
  auto input = need_money(in, "input");
  auto output = read_output(in, what);
  x.input = input.value_or(0);
  x.output = output.value_or(0);
  x.cached = read_money(in, "cached").value_or(x.input);
  x.cache_write = read_money(in, "cache_write");
  x.cache_write_hour = read_money(in, "cache_write_hour");
  in.finish();
  return x;
}

} // namespace

std::optional<costs::price> read_price(toml_table& from, price_of what) {
  if (!from.has("price"))
    return std::nullopt;
  auto in = from.table("price");
  auto input = need_money(in, "input");
  auto output = read_output(in, what);
  costs::price x;
  x.input = input.value_or(0);
  x.output = output.value_or(0);
  x.cached = read_money(in, "cached").value_or(x.input);
  x.cache_write = read_money(in, "cache_write");
  x.cache_write_hour = read_money(in, "cache_write_hour");
  x.image = read_money(in, "image");
  x.audio = read_money(in, "audio");
  x.audio_output = read_money(in, "audio_output");
  x.call = read_money(in, "call", per_call).value_or(0);
  x.long_prompt = read_long(in, what);
  in.finish();
  if (!input || !output)
    return std::nullopt;
  return x;
}

} // namespace machine::models
