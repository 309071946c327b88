#include "actors/models/routing/policy_file.hpp"

#include "runtime/config/config.hpp"
#include "runtime/toml.hpp"
#include "runtime/wire/nearest.hpp"

namespace machine::models {

namespace {

template <wire::described_enum E>
void read_enum(toml_table& in, const std::string& key, E& x) {
  if (!in.has(key))
    return;
  auto text = in.text(key);
  if (auto known = wire::from_name<E>(text)) {
    x = *known;
    return;
  }
  std::string all;
  std::vector<std::string> names;
  for (auto [name, value] : wire_names(E{})) {
    all += (all.empty() ? "" : ", ") + std::string{name};
    names.emplace_back(name);
  }
  auto near = wire::nearest(text, names);
  in.complain(key, "is \"" + text + "\"; it can be " + all
                     + (near ? "; did you mean " + *near + "?" : ""));
}

struct time_bounds {
  duration low;
  duration high;
  /// For people.
  const char* said;
};

constexpr time_bounds window_bounds{
  min_exploration_window, max_exploration_window, "from a minute to 31 days"};

constexpr time_bounds deadline_bounds{min_call_deadline, max_call_deadline,
                                      "from a second to an hour"};

void read_duration(toml_table& in, const std::string& key, duration& x,
                   const time_bounds& bounds) {
  if (!in.has(key))
    return;
  auto text = in.text(key);
  auto value = config::parse_duration(text);
  if (value && *value >= bounds.low && *value <= bounds.high)
    x = *value;
  else
    in.complain(key, std::string{"must be a time "} + bounds.said
                       + " as text, such as \"90s\" or \"1h\"");
}

void read_amount(toml_table& in, const std::string& key, micro_usd& x) {
  if (!in.has(key))
    return;
  auto amount = costs::parse_usd(in.text(key));
  if (amount && *amount >= 0)
    x = *amount;
  else
    in.complain(key, "must be dollars as text, such as \"0.10\"");
}

void read_patterns(toml_table& in, const std::string& key,
                   std::vector<std::string>& xs) {
  if (!in.has(key))
    return;
  xs = in.texts(key);
  if (xs.size() > max_patterns) {
    in.complain(key, "has " + std::to_string(xs.size())
                       + " names; leave out all but 100");
    xs.clear();
  }
  for (auto& x : xs)
    if (x.empty() || x.size() > max_pattern_bytes
        || x.find_first_of(" \t\r\n\"'") != x.npos) {
      in.complain(key, "has a name that is empty, longer than 128 bytes, or "
                       "has spaces or quotes; write names such as \"gpt-*\"");
      return;
    }
}

void read_weights(toml_table& of, routing_policy& x) {
  if (!of.has("weights"))
    return;
  auto in = of.table("weights");
  utility_weights by{0, 0, 0};
  by.quality = in.real("quality", 0, 0, max_weight);
  by.cost = in.real("cost", 0, 0, max_weight);
  by.latency = in.real("latency", 0, 0, max_weight);
  if (by.quality == 0 && by.cost == 0 && by.latency == 0)
    of.complain("weights", "are all 0; set quality, cost or latency");
  in.finish();
  x.weights = by;
}

void read_exploration(toml_table& of, exploration_rule& x) {
  if (!of.has("exploration"))
    return;
  auto in = of.table("exploration");
  x.on = in.flag("on", x.on);
  x.share = in.real("share", x.share, 0, 1);
  read_amount(in, "budget", x.budget);
  read_duration(in, "window", x.window, window_bounds);
  in.finish();
}

void read_fallback(toml_table& of, fallback_rule& x) {
  if (!of.has("fallback"))
    return;
  auto in = of.table("fallback");
  x.on = in.flag("on", x.on);
  x.on_refusal = in.flag("on_refusal", x.on_refusal);
  x.tries =
    static_cast<uint32_t>(in.integer("tries", x.tries, 1, max_fallback_tries));
  read_duration(in, "deadline", x.deadline, deadline_bounds);
  read_enum(in, "in_stream", x.in_stream);
  in.finish();
}

void read_hedging(toml_table& of, hedging_rule& x) {
  if (!of.has("hedging"))
    return;
  auto in = of.table("hedging");
  x.on = in.flag("on", x.on);
  x.quantile = in.real("quantile", x.quantile, 0.5, 0.999);
  in.finish();
}

void read_cascade(toml_table& of, cascade_rule& x) {
  if (!of.has("cascade"))
    return;
  auto in = of.table("cascade");
  x.on = in.flag("on", x.on);
  x.longest =
    static_cast<uint32_t>(in.integer("longest", x.longest, 1, max_cascade));
  in.finish();
}

void read_cache(toml_table& of, cache_rule& x) {
  if (!of.has("cache"))
    return;
  auto in = of.table("cache");
  if (in.has("semantic"))
    x.semantic = in.real("semantic", 1, least_near, 1);
  if (in.has("embedder"))
    x.embedder = in.text("embedder");
  if (x.embedder.size() > max_pattern_bytes)
    in.complain("embedder", "must be a model's name of at most 128 bytes");
  if (!x.embedder.empty() && !x.semantic)
    in.complain("embedder", "is of no use without semantic; set that, too");
  in.finish();
}

routing_policy read_policy(toml_table in, const std::string& name) {
  routing_policy x;
  x.name = name;
  if (name.empty() || name.size() > max_pattern_bytes)
    in.complain("", "must have a name of 1 to 128 bytes");
  read_enum(in, "prefer", x.prefer);
  read_weights(in, x);
  if (in.has("minimum_quality"))
    x.minimum_quality = in.real("minimum_quality", 0, 0, 1);
  read_patterns(in, "allowed_models", x.allowed_models);
  read_patterns(in, "denied_models", x.denied_models);
  read_patterns(in, "allowed_providers", x.allowed_providers);
  read_patterns(in, "denied_providers", x.denied_providers);
  read_enum(in, "where", x.where);
  read_patterns(in, "regions", x.regions);
  x.no_training = in.flag("no_training", x.no_training);
  x.zero_retention = in.flag("zero_retention", x.zero_retention);
  read_exploration(in, x.exploration);
  read_fallback(in, x.fallback);
  read_hedging(in, x.hedging);
  read_cascade(in, x.cascade);
  read_cache(in, x.cache);
  in.finish();
  return x;
}

} // namespace

caf::expected<std::map<std::string, routing_policy>>
load_policies(std::string_view text, const std::string& file_name) {
  auto file = toml_file::parse(text, file_name);
  if (!file)
    return std::move(file.error());
  std::map<std::string, routing_policy> result;
  auto root = file->root();
  if (root.has("policy")) {
    auto all = root.table("policy");
    for (auto& name : all.keys())
      result[name] = read_policy(all.table(name), name);
    all.finish();
  }
  root.finish();
  if (auto err = file->problems())
    return err;
  return result;
}

} // namespace machine::models
