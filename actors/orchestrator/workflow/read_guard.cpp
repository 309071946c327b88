#include "actors/agents/guard/trail.hpp"
#include "actors/orchestrator/workflow/read_parts.hpp"

namespace machine::orchestrator {

namespace {

constexpr agents::guard_limits usual_guard;

std::optional<uint32_t> read_guard_limit(map_reader& in, const std::string& key,
                                         uint32_t low, uint32_t high) {
  if (!in.has(key))
    return std::nullopt;
  return in.number(key, low, low, high);
}

/// Reports bounds that the window is too small for, so that they would never
/// be reached.
void check_guard_window(const guard_settings& x, map_reader& in) {
  auto window = x.window.value_or(usual_guard.window);
  auto check = [&](const std::string& key, std::optional<uint32_t> given) {
    if (given && *given > window)
      in.complain(key, key + " is " + std::to_string(*given)
                         + ", but only the last " + std::to_string(window)
                         + " calls are looked at; raise window or lower "
                         + key);
  };
  check("times", x.times);
  check("failures", x.failures);
  if (!x.window)
    return;
  if (!x.times && usual_guard.times > window)
    in.complain("window",
                "window is " + std::to_string(window) + ", but times is "
                  + std::to_string(usual_guard.times) + "; set times to "
                  + std::to_string(window) + " or less, or raise window");
  if (!x.failures && usual_guard.failures > window)
    in.complain("window",
                "window is " + std::to_string(window) + ", but failures is "
                  + std::to_string(usual_guard.failures) + "; set failures to "
                  + std::to_string(window) + " or less, or raise window");
}

} // namespace

std::optional<guard_settings>
read_guard(map_reader& in, const std::string& what, problems& found) {
  auto& node = in.take("guard");
  if (!in.has("guard"))
    return std::nullopt;
  guard_settings result;
  if (node.is_scalar()) {
    if (node.text == "on" || node.text == "true")
      result.on = true;
    else if (node.text == "off" || node.text == "false")
      result.on = false;
    else
      in.complain("guard", "guard is " + node.text.substr(0, 80)
                             + "; it can be on or off, or a map such as "
                               "`{repeats: 3, window: 20}`");
    return result;
  }
  map_reader fields{node, what, found};
  if (!fields.is_map())
    return std::nullopt;
  result.on = true;
  result.repeats = read_guard_limit(fields, "repeats", 2, 10);
  result.cycle = read_guard_limit(fields, "cycle", 1, 8);
  result.window = read_guard_limit(fields, "window", 2,
                                   static_cast<uint32_t>(agents::max_trail));
  result.times = read_guard_limit(fields, "times", 2, 100);
  result.failures = read_guard_limit(fields, "failures", 2, 100);
  result.idle_calls = read_guard_limit(fields, "idle_calls", 2, 1'000);
  check_guard_window(result, fields);
  result.deadline = fields.positive_time("deadline");
  result.default_answer = fields.optional_text("default");
  if (auto& answer = result.default_answer) {
    if (*answer != "continue" && *answer != "stop")
      fields.complain("default", "default is " + answer->substr(0, 80)
                                   + "; it can be continue or stop");
    else if (!result.deadline)
      fields.complain("default", "default is never given, because nothing says "
                                 "when; add a deadline such as `deadline: 1h`");
  }
  result.assignee = fields.optional_text("assignee");
  if (result.assignee
      && (result.assignee->empty() || result.assignee->size() > 200))
    fields.complain("assignee", "assignee has 1 to 200 bytes");
  fields.finish();
  return result;
}

} // namespace machine::orchestrator
