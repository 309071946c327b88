#include "actors/orchestrator/workflow/jq.hpp"

extern "C" {
#include <jq.h>
#include <jv.h>
}

#include <map>
#include <memory>
#include <string>

/// Stands in for the evaluators in processes of their own: the same library
/// without sockets and clocks, so that a seed always plays the same way.
namespace machine::orchestrator {

namespace {

struct teardown {
  void operator()(jq_state* x) const {
    jq_teardown(&x);
  }
};

using compiled = std::unique_ptr<jq_state, teardown>;

void ignore(void*, jv message) {
  jv_free(message);
}

jq_state* find(std::string_view program) {
  static std::map<std::string, compiled, std::less<>> known;
  if (auto i = known.find(program); i != known.end())
    return i->second.get();
  compiled made{jq_init()};
  jq_set_error_cb(made.get(), ignore, nullptr);
  std::string text{program};
  if (jq_compile(made.get(), text.c_str()) == 0)
    made = nullptr;
  return known.emplace(std::move(text), std::move(made)).first->second.get();
}

caf::error failed(std::string_view program, const std::string& why) {
  return make_error(ec::invalid_argument,
                    "`" + std::string{program} + "`: " + why);
}

} // namespace

caf::expected<void> check_jq(std::string_view program) {
  if (find(program) == nullptr)
    return failed(program, "is no jq");
  return caf::unit;
}

caf::expected<void> jq_check_budget::check(std::string_view program) {
  return check_jq(program);
}

caf::expected<json_text> evaluate_jq(std::string_view program,
                                     const json_text& input, const jq_limits&) {
  auto* state = find(program);
  if (state == nullptr)
    return failed(program, "is no jq");
  auto value =
    jv_parse_sized(input.text.data(), static_cast<int>(input.text.size()));
  if (!jv_is_valid(value)) {
    jv_free(value);
    return failed(program, "the input is no JSON");
  }
  jq_start(state, value, 0);
  auto first = jq_next(state);
  if (!jv_is_valid(first)) {
    jv_free(first);
    return failed(program, "it yields no value");
  }
  auto second = jq_next(state);
  auto more = jv_is_valid(second);
  jv_free(second);
  if (more) {
    jv_free(first);
    return failed(program, "it yields more than one value");
  }
  auto text = jv_dump_string(first, 0);
  json_text result{jv_string_value(text)};
  jv_free(text);
  return result;
}

jq_budget::jq_budget(duration all, const jq_limits& each)
    : all_(all), each_(each) {}

caf::expected<json_text> jq_budget::evaluate(std::string_view program,
                                             const jq_scope& scope) {
  return evaluate_jq(program, scope.read(plan_jq(program).needs), each_);
}

void jq_budget::renew() {
  worked_at_renewal_ = worked_;
}

duration jq_budget::used() const {
  return duration{0};
}

} // namespace machine::orchestrator
