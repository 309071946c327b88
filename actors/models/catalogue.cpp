#include "actors/models/catalogue.hpp"

#include "runtime/embedded.hpp"
#include "runtime/toml.hpp"

#include <algorithm>
#include <iterator>

namespace machine::models {

namespace {

bool is_id(std::string_view x) {
  return !x.empty() && x.size() <= 128
      && x.find_first_of(" \t\n\r\"'") == x.npos;
}

/// Takes what *in* says over into *x*.
void read_dialect(toml_table& in, dialect& x) {
  x.output_bound = in.text("output_bound", x.output_bound);
  if (x.output_bound != "max_tokens"
      && x.output_bound != "max_completion_tokens")
    in.complain("output_bound", "is \"" + x.output_bound
                                  + "\"; it can be max_tokens or "
                                    "max_completion_tokens");
  constexpr std::string_view efforts[] = {"none", "minimal", "low", "medium",
                                          "high", "xhigh",   "max", ""};
  x.reasoning_effort = in.text("reasoning_effort", x.reasoning_effort);
  if (std::find(std::begin(efforts), std::end(efforts), x.reasoning_effort)
      == std::end(efforts))
    in.complain("reasoning_effort",
                "is \"" + x.reasoning_effort
                  + "\"; it can be none, minimal, low, medium, high, xhigh or "
                    "max");
  x.forced_tools = in.flag("forced_tools", x.forced_tools);
}

provider_entry read_provider(toml_table in, const std::string& name) {
  provider_entry x;
  x.name = name;
  auto protocol = in.text("protocol");
  if (auto kind = wire::from_name<protocol_kind>(protocol))
    x.protocol = *kind;
  else
    in.complain("protocol", "is \"" + protocol
                              + "\"; it can be openai, anthropic or scripted");
  x.url = in.text("url", "");
  while (x.url.ends_with('/'))
    x.url.pop_back();
  if (x.protocol != protocol_kind::scripted && !x.url.starts_with("http://")
      && !x.url.starts_with("https://"))
    in.complain("url", "must begin with http:// or https://");
  x.key_env = in.text("key_env", "");
  x.local = in.flag("local", false);
  read_dialect(in, x.speaks);
  in.finish();
  return x;
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
  return costs::price{*input, cached.value_or(*input), *output};
}

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

} // namespace

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
