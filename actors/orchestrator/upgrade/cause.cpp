#include "actors/orchestrator/upgrade/cause.hpp"

#include "actors/orchestrator/run/bounds.hpp"
#include "actors/orchestrator/run/find.hpp"
#include "runtime/types.hpp"

#include <utility>

namespace machine::orchestrator {

namespace {

using cause = caf::expected<std::optional<run_command>>;

std::optional<run_command> some(run_command what) {
  return what;
}

/// Whether *message* is what `clip` left of a longer one.
bool is_cut(const std::string& message) {
  constexpr size_t longest_character = 4;
  return message.size() + longest_character > max_message_bytes
      && message.ends_with(" bytes)");
}

class cause_finder {
public:
  cause_finder(const run_state& before, std::span<const run_event> events,
               const blob_reader& blobs)
      : before_(before), events_(events), blobs_(blobs) {}

  /// Whatever begins with another event follows from time alone, or from what
  /// the decision before had no room for.
  template <class T>
  cause operator()(const T&) const {
    return some(wake_run{});
  }

  cause operator()(const run_created& x) const {
    return some(create_run{x});
  }

  cause operator()(const run_queued&) const {
    return some(queue_run{});
  }

  cause operator()(const budget_granted& x) const {
    return some(grant_budget{x.amount});
  }

  cause operator()(const budget_refused& x) const {
    auto* closing = find<run_closing>();
    if (closing == nullptr)
      return some(refuse_budget{x.message});
    return some(refuse_budget{x.message, closing->code});
  }

  cause operator()(const history_copied& x) const {
    return some(import_history{x.first, x.events});
  }

  cause operator()(const run_closing& x) const {
    if (before_.phase == run_phase::copying)
      return some(fail_import{x.code, x.message});
    return some(wake_run{});
  }

  cause operator()(const workspace_opened& x) const {
    return some(
      finish_prepare{token_of("@prepare"), x.directory, x.branch, x.base});
  }

  cause operator()(const effect_intended& x) const {
    return some(intend_effect{
      x.effect, x.activation, x.token, x.kind, x.subject, x.detail,
      x.idempotent, x.lease, x.guard, x.decision, x.call, x.provider, x.agent});
  }

  cause operator()(const effect_done& x) const {
    auto content = blobs_(x.result);
    if (!content)
      return std::move(content.error());
    return some(finish_effect{x.effect, owner_of_effect(x.effect), x.token,
                              to_text(*content), x.code.value_or(""), x.detail,
                              x.cost, x.usage, x.tree});
  }

  cause operator()(const effect_failed& x) const {
    return some(finish_effect{x.effect, owner_of_effect(x.effect), x.token,
                              std::nullopt, x.code, x.message, x.cost,
                              x.usage});
  }

  /// What was open when its attempt ended.
  cause operator()(const effect_lost&) const {
    for (auto& event : events_)
      if (!std::holds_alternative<effect_lost>(event))
        return std::visit(*this, event);
    return std::nullopt;
  }

  cause operator()(const step_done& x) const {
    auto token = token_of(x.activation);
    if (token == 0)
      return some(wake_run{});
    return some(
      finish_attempt{x.activation, token, x.output, x.commit, x.tree});
  }

  cause operator()(const step_failed& x) const {
    if (token_of(x.activation) != 0)
      return std::nullopt;
    return some(wake_run{});
  }

  cause operator()(const attempt_failed& x) const {
    if (is_cut(x.message))
      return std::nullopt;
    fail_attempt result{x.activation, x.token, x.code, x.message, {}, {}, {}};
    if (auto* failed = find<step_failed>();
        failed != nullptr && failed->activation == x.activation) {
      result.output = failed->output;
      result.commit = failed->commit;
    }
    return some(std::move(result));
  }

  /// A worker that was lost, that paused, or whose failure leaves a question.
  cause operator()(const attempt_lost& x) const {
    auto* asked = find<interrupt_opened>();
    if (asked == nullptr)
      return some(attempt_is_lost{x.activation, x.token});
    auto& question = asked->question;
    std::string_view paused = " paused while it was doing this: ";
    std::string_view begin = " ended (";
    std::string_view end = ") while it was doing this: ";
    if (asked->interrupt.starts_with("loop:")
        || question.find(paused) != question.npos)
      return some(attempt_is_suspended{x.activation, x.token});
    auto first = question.find(begin);
    auto last = question.find(end);
    if (!question.starts_with("Step ") || last == question.npos
        || first >= last)
      return some(attempt_is_lost{x.activation, x.token});
    first += begin.size();
    return some(fail_attempt{x.activation,
                             x.token,
                             to_string(ec::unavailable),
                             question.substr(first, last - first),
                             {},
                             {},
                             {}});
  }

  cause operator()(const attempt_stopped& x) const {
    return some(attempt_is_stopped{x.activation, x.token});
  }

  cause operator()(const work_published& x) const {
    auto patch = blobs_(x.diff);
    if (!patch)
      return std::move(patch.error());
    return some(finish_publish{token_of("@publish"), x.branch, x.base, x.commit,
                               to_text(*patch), x.files_changed, x.lines_added,
                               x.lines_removed});
  }

  cause operator()(const interrupt_answered& x) const {
    if (x.by == "deadline")
      return some(wake_run{});
    return some(answer_interrupt{x.interrupt, x.answer, x.by});
  }

  cause operator()(const cancel_requested& x) const {
    return some(cancel_run{
      x.by, x.reason, x.leave_done ? cancel_mode::leave : cancel_mode::undo});
  }

  cause operator()(const run_paused& x) const {
    return some(pause_run{x.by, x.reason});
  }

  cause operator()(const run_resumed& x) const {
    return some(resume_run{x.by});
  }

  cause operator()(const signal_received& x) const {
    return some(signal_run{x.name, x.payload, x.by, x.key});
  }

  cause operator()(const child_ended& x) const {
    child_is_over result{x.activation, token_of(x.activation), x.run};
    result.spent = x.spent;
    result.bill = x.bill;
    result.commit = x.commit;
    if (auto* done = find<step_done>();
        done != nullptr && done->activation == x.activation) {
      result.output = done->output;
      return some(std::move(result));
    }
    result.result = run_result::failed;
    if (auto* failed = find<attempt_failed>()) {
      auto prefix = "run " + x.run + ": ";
      if (is_cut(failed->message) || !failed->message.starts_with(prefix))
        return std::nullopt;
      result.code = failed->code;
      result.message = failed->message.substr(prefix.size());
      return some(std::move(result));
    }
    if (find<attempt_stopped>() != nullptr)
      return some(std::move(result));
    return std::nullopt;
  }

  cause operator()(const parent_told&) const {
    return some(parent_is_told{});
  }

  cause operator()(const schedule_told&) const {
    return some(schedule_is_told{});
  }

  cause operator()(const charges_posted& x) const {
    return some(charges_are_posted{x.up_to});
  }

  cause operator()(const books_closed&) const {
    return some(books_are_closed{});
  }

  cause operator()(const run_archived& x) const {
    return some(archive_run{x.by});
  }

  cause operator()(const run_unarchived& x) const {
    return some(unarchive_run{x.by});
  }

private:
  template <class T>
  const T* find() const {
    for (auto& event : events_)
      if (auto* found = std::get_if<T>(&event))
        return found;
    return nullptr;
  }

  uint64_t token_of(const std::string& activation) const {
    auto* there = find_activation(before_, activation);
    return there == nullptr ? 0 : there->token;
  }

  static std::string owner_of_effect(const std::string& effect) {
    return effect.substr(0, effect.rfind('#'));
  }

  static std::string to_text(const bytes& content) {
    return {reinterpret_cast<const char*>(content.data()), content.size()};
  }

  const run_state& before_;
  std::span<const run_event> events_;
  const blob_reader& blobs_;
};

} // namespace

caf::expected<std::optional<run_command>>
cause_of(const run_state& before, std::span<const run_event> events,
         const blob_reader& blobs) {
  if (events.empty())
    return std::optional<run_command>{};
  return std::visit(cause_finder{before, events, blobs}, events.front());
}

} // namespace machine::orchestrator
