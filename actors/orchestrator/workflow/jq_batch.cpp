#include "actors/orchestrator/workflow/jq_batch.hpp"

#include "actors/orchestrator/workflow/jq_tokens.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

/// Bounds on what is compiled together, for it has the time of one program.
constexpr size_t max_batch = 64;
constexpr size_t max_batch_bytes = 2'048;

/// Whether *program* closes all brackets and strings that it opens, and no
/// others, so that it stays within those around it.
bool is_closed(const std::string& program) {
  std::string open;
  auto quoted = false;
  for (auto& x : scan_jq(program)) {
    if (x.is_one_of("\"")) {
      quoted = !quoted;
    } else if (x.opens()) {
      open += x.text.back();
    } else if (x.is_one_of(")]}")) {
      auto wanted = x.text[0] == ')' ? '(' : x.text[0] == ']' ? '[' : '{';
      if (!open.ends_with(wanted))
        return false;
      open.pop_back();
    }
  }
  // Strings in strings are in brackets.
  return open.empty() && !quoted;
}

class batch_checker {
public:
  batch_checker(const std::vector<std::string>& programs, jq_check_budget& time,
                const std::function<bool(size_t, const caf::error&)>& report)
      : programs_(programs), time_(time), report_(report) {}

  void run() {
    size_t bytes = 0;
    size_t first = 0;
    for (size_t i = 0; i < programs_.size() && goes_on_; ++i) {
      if (i > first
          && (i - first == max_batch
              || bytes + programs_[i].size() > max_batch_bytes)) {
        check(first, i);
        first = i;
        bytes = 0;
      }
      bytes += programs_[i].size();
    }
    check(first, programs_.size());
  }

private:
  /// Those from *first* up to *last*, in halves if there is a mistake in them.
  void check(size_t first, size_t last) {
    if (first == last || !goes_on_)
      return;
    if (last - first == 1) {
      if (auto ok = time_.check(programs_[first]); !ok)
        goes_on_ =
          report_(first, ok.error()) && code_of(ok.error()) != ec::timeout;
      return;
    }
    if (are_valid(first, last))
      return;
    auto middle = first + (last - first) / 2;
    check(first, middle);
    check(middle, last);
  }

  bool are_valid(size_t first, size_t last) {
    std::string together;
    for (auto i = first; i < last; ++i) {
      if (!is_closed(programs_[i]))
        return false;
      // A comment ends with its line.
      together += (i > first ? ",(" : "(") + programs_[i] + "\n)";
    }
    return static_cast<bool>(time_.check(together));
  }

  const std::vector<std::string>& programs_;
  jq_check_budget& time_;
  const std::function<bool(size_t, const caf::error&)>& report_;
  bool goes_on_ = true;
};

} // namespace

void check_all_jq(
  const std::vector<std::string>& programs, jq_check_budget& time,
  const std::function<bool(size_t, const caf::error&)>& report) {
  batch_checker{programs, time, report}.run();
}

} // namespace machine::orchestrator
