#include "actors/orchestrator/workflow/read_parts.hpp"
#include "runtime/wire/nearest.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

/// What a key means nothing beside, and what to do then.
struct refusal {
  std::string_view key;
  std::string_view kinds;
  std::string_view mending;
};

constexpr std::string_view for_block = "give it to the steps of the block";

constexpr std::array<refusal, 20> refusals{{
  {"timeout", "approve", "use deadline inside of approve"},
  {"timeout", "wait", "use deadline inside of wait, or remove it"},
  {"timeout", "set fail", "remove it"},
  {"retry", "repeat",
   "use max and until, or give it to the steps of the block"},
  {"retry", "foreach route", for_block},
  {"retry", "approve wait set fail", "remove it"},
  {"idempotent", "foreach repeat route", for_block},
  {"idempotent", "model",
   "a call changes nothing, so that it can always be made again"},
  {"idempotent", "call",
   "the run that it began is found again, so that it never begins two"},
  {"idempotent", "approve wait set fail", "remove it"},
  {"budget", "approve wait set fail", "remove it"},
  {"runs_on", "foreach repeat route", for_block},
  {"runs_on", "call", "give it to the steps of the workflow that is called"},
  {"runs_on", "approve wait set fail", "remove it"},
  {"guard", "tool command approve wait call set fail",
   "only an agent, a model and what is around them can go in circles; remove "
   "it"},
  {"undo", "set wait", "it does nothing that could be undone; remove it"},
  {"undo", "fail", "it always ends the run"},
  {"on_failure", "fail", "it always ends the run"},
  // Of one attempt, which these do not make.
  {"timeout: attempt", "foreach repeat route",
   "give it to the steps of the block, or write `timeout: {step: 1h}`"},
  {"timeout: attempt", "call",
   "give it to the steps of the workflow that is called, or write `timeout: "
   "{step: 1h}`"},
}};

/// Whether *word* is one of the words of *list*.
bool is_in(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    auto end = std::min(list.find(' '), list.size());
    if (list.substr(0, end) == word)
      return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

void check_code(const std::string& code, place where, const std::string& id,
                problems& found) {
  std::vector<std::string> codes{"transient", "provider", "any"};
  for (auto x = static_cast<uint8_t>(ec::invalid_argument);
       x <= static_cast<uint8_t>(ec::overloaded); ++x)
    codes.push_back(to_string(static_cast<ec>(x)));
  codes.push_back(to_string(ec::loop));
  if (std::find(codes.begin(), codes.end(), code) != codes.end())
    return;
  auto shown = code.substr(0, 80);
  auto near = wire::nearest(shown, codes);
  found.add(where, "step " + id + ": retry: " + shown + " is no error code; "
                     + (near ? "did you mean " + *near + "?"
                             : "one is timeout, or provider_failed, or for "
                               "several of them transient, provider or any"));
}

void read_retry(map_reader& in, step& to, problems& found) {
  auto& retry = in.take("retry");
  if (!in.has("retry"))
    return;
  map_reader fields{retry, "step " + to.id + ": retry", found};
  if (!fields.is_map())
    return;
  if (!fields.has("max"))
    fields.complain("max", "max is missing; say how often to try again, such "
                           "as `max: 3`");
  to.retry.max = fields.number("max", 0, 0, 100);
  to.retry.backoff = fields.time("backoff").value_or(to.retry.backoff);
  to.retry.factor = fields.real("factor", 2, 1, 10);
  to.retry.max_backoff =
    fields.time("max_backoff").value_or(to.retry.max_backoff);
  to.retry.jitter = fields.real("jitter", 0, 0, 1);
  to.retry.on = fields.texts("on");
  for (auto& code : to.retry.on)
    check_code(code, fields.where("on"), to.id, found);
  fields.finish();
}

void read_timeout(map_reader& in, step& to, problems& found) {
  auto& node = in.take("timeout");
  if (!node.is_map()) {
    to.timeout = in.positive_time("timeout");
    return;
  }
  map_reader fields{node, "step " + to.id + ": timeout", found};
  to.timeout = fields.positive_time("attempt");
  to.step_timeout = fields.positive_time("step");
  if (to.timeout && to.step_timeout && *to.timeout > *to.step_timeout)
    fields.complain("attempt", "attempt is longer than step, which ends it; "
                               "make it shorter or leave it out");
  fields.finish();
}

} // namespace

void read_common(map_reader& in, step& to, problems& found) {
  to.title = in.optional_text("title");
  to.needs = in.texts("needs");
  to.when = in.optional_text("when");
  read_timeout(in, to, found);
  to.runs_on = in.texts("runs_on");
  for (auto& label : to.runs_on)
    if (label.empty() || label.size() > 64)
      in.complain("runs_on", "runs_on: a label has 1 to 64 bytes");
  to.idempotent = in.flag("idempotent", true);
  to.budget = in.money("budget");
  to.guard = read_guard(in, "step " + to.id + ": guard", found);
  read_retry(in, to, found);
  auto& handling = in.take("on_failure");
  if (handling.is_list() || handling.is_map())
    return;
  auto policy = in.text("on_failure", "fail");
  if (policy == "continue")
    to.on_failure = failure_policy::proceed;
  else if (policy != "fail")
    in.complain("on_failure",
                "on_failure is " + policy.substr(0, 80)
                  + "; it can be fail or continue, or the steps to take");
}

void refuse_common(const map_reader& in, const std::string& kind,
                   const std::string& id, problems& found) {
  for (auto& [what, kinds, mending] : refusals) {
    std::string key{what.substr(0, what.find(':'))};
    if (!in.has(key) || !is_in(kinds, kind))
      continue;
    if (what.ends_with("attempt"))
      if (auto* given = in.look(key);
          given->is_map() && given->find("attempt") == nullptr)
        continue;
    found.add(in.where(key), "step " + id + ": " + key
                               + " means nothing beside " + kind + "; "
                               + std::string{mending});
  }
}

} // namespace machine::orchestrator
