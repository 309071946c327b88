#pragma once

#include "actors/agents/session/session.hpp"
#include "actors/agents/workspace/workspace.hpp"
#include "actors/orchestrator/ask/ask.hpp"
#include "actors/orchestrator/dispatch/workshop.hpp"
#include "runtime/clock.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <memory>
#include <stop_token>

namespace machine::orchestrator {

/// What an attempt does about its step. There is one kind for each kind of
/// step; everything that they share is in `attempt_state`.
class job {
public:
  virtual ~job() = default;

  /// Begins, or goes on after something that was waited for.
  virtual void proceed() = 0;

  /// Ends what is under way. `attempt_state::stopped` is called once nothing
  /// lives, at once or later.
  virtual void stop() = 0;

  /// The time of the attempt is over.
  virtual void expire() {
    stop();
  }
};

/// What others may know *effect* of the attempt *of* by, to do it once however
/// often they are asked. A step that does one thing has the same key in every
/// attempt: one that failed because nobody heard its end may have done it. What
/// an agent does in another attempt is something else.
inline std::string idempotency_key(const attempt_order& of,
                                   const std::string& effect) {
  return of.run + ":"
       + (of.kind == attempt_kind::agent ? effect : of.activation);
}

class attempt_state {
public:
  static inline const char* name = "attempt";

  using self_pointer = attempt_actor::stateful_pointer<attempt_state>;

  void start(self_pointer self, std::shared_ptr<const workshop> uses,
             entity::key run, attempt_order order, presence here);

  /// Asks the run and goes on with *then*. Where the store has no room, asks
  /// again until it has; where the attempt is no longer ours, ends.
  void tell(run_command what, std::function<void()> then,
            std::function<void(const caf::error&)> refused);

  /// Asks the run whether an effect may begin, and goes on with *then* if it
  /// may, and else as `tell` does. Where the permission was long under way,
  /// asks for it again.
  void intend(intend_effect what, std::function<void()> then,
              std::function<void(const caf::error&)> refused);

  /// Runs *work* where it may block, and then *then* here.
  template <class T>
  void in_pool(std::function<T()> work, std::function<void(T&)> then) {
    auto slot = std::make_shared<std::optional<T>>();
    auto number = expect([this, slot, then = std::move(then)] {
      if (*slot)
        then(**slot);
      else
        die(make_error(ec::internal, "a job of " + order_.activation
                                       + " ended with an exception"));
    });
    post(
      uses_->pool, [slot, work = std::move(work)] { slot->emplace(work()); },
      number);
  }

  /// Has a thread of *where* do *work* and then send *number* back, also if
  /// *work* throws. Waits for room in the pool; if the machine is stopping, the
  /// attempt ends without a word, and the next start goes on with it.
  void post(const std::shared_ptr<blocking_pool>& where,
            std::function<void()> work, uint64_t number);

  /// Says to who watches the run what comes out, from the one thread that it
  /// is given to. Of more than a mebibyte in a second the rest is left out:
  /// nobody could read it, and what is kept is kept elsewhere.
  std::function<void(std::string_view)> voice(std::string kind) const;

  /// Registers *then* for the number that another thread will send.
  uint64_t expect(std::function<void()> then);

  /// Sends the number back in *wait* from now.
  void after(duration wait, std::function<void()> then);

  /// The attempt performed its step; its changes are committed first.
  void finish(json_text output);

  /// The attempt failed.
  void fail(const caf::error& why, json_text output = {},
            std::optional<duration> retry_after = std::nullopt);

  /// Nothing of the attempt lives any more.
  /// @param output What it had put out when its time was over.
  void stopped(json_text output = {});

  /// Records the attempt in the trace of its run; what is told of it is
  /// committed.
  /// @param code The name of its error; empty: it succeeded.
  void record_end(std::string_view code) const;

  /// The id of the next effect: the same for every worker of this attempt.
  std::string effect_id(uint32_t number) const {
    return order_.activation + "#" + std::to_string(order_.attempt) + "."
         + std::to_string(number);
  }

  /// What an earlier worker recorded under *effect*; null if nothing.
  const effect_record* journal(const std::string& effect) const;

  bool stopping() const {
    return stopping_ || expired_;
  }

  bool expired() const {
    return expired_;
  }

  /// Something came out of what it does, or it begins.
  void hear() {
    heard_ = std::chrono::steady_clock::now();
  }

  /// How long nothing has come out of what it does.
  duration silence() const {
    using std::chrono::steady_clock;
    return std::chrono::duration_cast<duration>(steady_clock::now() - heard_);
  }

  attempt_actor me() const {
    return attempt_actor{self_};
  }

  self_pointer self() const {
    return self_;
  }

  /// For what goes on outside of the actor on behalf of the attempt.
  const presence& here() const {
    return here_;
  }

  const workshop& uses() const {
    return *uses_;
  }

  const attempt_order& order() const {
    return order_;
  }

  const std::string& tenant() const {
    return run_.tenant;
  }

  agents::workspace workspace() const {
    return {order_.repository.value_or(""), order_.directory, order_.branch,
            order_.base};
  }

  void on_stop();
  void on_ready(uint64_t number);
  void on_piece(const std::string& kind, const std::string& text);
  void on_expire();

private:
  using commit = caf::expected<std::optional<agents::checkpoint>>;

  void report(run_command what);
  void checkpoint(std::function<void(commit)> then);
  /// Ends the worker; `dispatch` tells the run *why*.
  void die(const caf::error& why);

  self_pointer self_ = nullptr;
  std::shared_ptr<const workshop> uses_;
  entity::key run_;
  attempt_order order_;
  std::unique_ptr<job> job_;
  presence here_;
  expectations expected_;
  timestamp began_ = wall_clock();
  /// When something came out last.
  std::chrono::steady_clock::time_point heard_ =
    std::chrono::steady_clock::now();
  bool stopping_ = false;
  bool expired_ = false;
  /// The job is over, and what it has changed is being committed.
  bool concluding_ = false;
  /// The last word was said.
  bool ending_ = false;
};

/// Performs one attempt. Quits normally once the run knows how it went, or if
/// there is no such run; with `fenced` if the attempt is no longer its own;
/// with `user_shutdown` if the machine is stopping; and with an error that the
/// run has to be told of.
attempt_actor::behavior_type
attempt(attempt_actor::stateful_pointer<attempt_state> self,
        std::shared_ptr<const workshop> uses, entity::key run,
        attempt_order order, presence here);

std::unique_ptr<job> make_prepare_job(attempt_state& of);
std::unique_ptr<job> make_publish_job(attempt_state& of);
std::unique_ptr<job> make_command_job(attempt_state& of, command_step what);
std::unique_ptr<job> make_model_job(attempt_state& of, model_step what);
std::unique_ptr<job> make_agent_job(attempt_state& of, agent_step what);
std::unique_ptr<job> make_tool_job(attempt_state& of, tool_step what);

} // namespace machine::orchestrator
