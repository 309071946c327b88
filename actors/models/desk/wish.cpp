#include "actors/models/desk/wish.hpp"

#include "runtime/wire/nearest.hpp"

namespace machine::models {

namespace {

caf::error no_policy(const std::string& asked, const model_stock& stock) {
  std::vector<std::string> names;
  for (auto& [name, x] : stock.policies)
    names.push_back(name);
  auto name = asked.substr(0, 100);
  auto near = wire::nearest(name, names);
  return make_error(ec::invalid_argument,
                    "there is no policy " + name
                      + (near ? "; did you mean " + *near + "?" : "")
                      + "; the file of config key models.policies has them");
}

/// What *policy* forbids.
void exclude(selection_request& from, const routing_policy& policy,
             const catalogue& known) {
  for (auto& [id, model] : known.models) {
    auto provider = known.providers.find(model.provider);
    if (provider == known.providers.end())
      continue;
    auto why = forbidden_by(policy, model, provider->second);
    if (!why.empty())
      from.excluded.emplace(id, std::move(why));
  }
}

} // namespace

const routing_policy& policy_of(const std::string& tenant,
                                const model_stock& stock,
                                const routing_policy& usual) {
  for (auto& name : {tenant, std::string{"default"}})
    if (auto i = stock.policies.find(name); i != stock.policies.end())
      return i->second;
  return usual;
}

bool may_answer(const model_entry& model, const std::string& tenant,
                const model_stock& stock, const routing_policy& usual) {
  auto provider = stock.listed.providers.find(model.provider);
  return provider != stock.listed.providers.end()
      && !stock.unusable.contains(model.provider)
      && forbidden_by(policy_of(tenant, stock, usual), model, provider->second)
           .empty();
}

caf::expected<order_wish> wish_of(const order& what,
                                  const chat_request& request,
                                  const model_stock& stock,
                                  const routing_policy& usual) {
  auto& known = stock.listed;
  order_wish result;
  auto& binding = policy_of(what.tenant, stock, usual);
  result.policy = binding;
  if (!what.policy.empty()) {
    auto named = stock.policies.find(what.policy);
    if (named == stock.policies.end())
      return no_policy(what.policy, stock);
    result.policy = named->second;
    exclude(result.request, binding, known);
  }
  take_needs(result.request, request);
  result.request.job = what.job;
  result.request.money = what.money;
  if (what.minimum_quality)
    result.request.minimum_quality = *what.minimum_quality;
  constexpr std::string_view automatic = "auto";
  if (what.model == automatic || what.model.starts_with("auto:")) {
    auto word = what.model.size() > automatic.size()
                ? what.model.substr(automatic.size() + 1)
                : std::string{};
    if (word.empty() && what.model == automatic)
      return result;
    auto prefer = wire::from_name<preference>(word);
    if (!prefer)
      return make_error(ec::invalid_argument,
                        "the model is \"" + what.model.substr(0, 100)
                          + "\"; it can be auto, auto:cheap, auto:balanced, "
                            "auto:fast or auto:best");
    result.policy.prefer = *prefer;
    return result;
  }
  if (auto* model = find_model(known, what.model)) {
    result.request.pinned = model->id;
    return result;
  }
  std::vector<std::string> names{"auto", "auto:cheap", "auto:fast",
                                 "auto:best"};
  for (auto& [id, x] : known.models)
    names.push_back(id);
  auto name = what.model.substr(0, 100);
  auto near = wire::nearest(name, names);
  return make_error(ec::not_found,
                    "there is no model " + name
                      + (near ? "; did you mean " + *near + "?" : "")
                      + "; GET /v1/models lists them, and auto chooses one");
}

bool hides_thoughts(const model_entry& model, const chat_request& request) {
  auto effort = request.reasoning_effort.empty() ? model.speaks.reasoning_effort
                                                 : request.reasoning_effort;
  // What is shown of thoughts may be a summary of what is paid for.
  return model.reasoning != thinking::none
      || (!effort.empty() && effort != "none") || request.reasoning_tokens;
}

} // namespace machine::models
