#include "actors/models/desk/wish.hpp"

#include "runtime/wire/nearest.hpp"

namespace machine::models {

caf::expected<order_wish> wish_of(const order& what,
                                  const chat_request& request,
                                  const catalogue& known,
                                  const routing_policy& usual) {
  order_wish result;
  result.policy = usual;
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
