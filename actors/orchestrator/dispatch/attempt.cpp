#include "actors/orchestrator/dispatch/attempt.hpp"

#include "actors/orchestrator/dispatch/spans.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

namespace {

/// Before a pool that was full is tried again.
constexpr duration pause{500};

/// What a watcher is shown of one thing, in bytes a second.
constexpr size_t max_said = 1u << 20;

/// What an attempt may take if its step does not say.
duration usual_timeout(attempt_kind kind, const workshop& uses) {
  switch (kind) {
    case attempt_kind::agent: return duration{2 * 3'600'000};
    case attempt_kind::model: return duration{15 * 60'000};
    case attempt_kind::command: return uses.limits.time + duration{60'000};
    default: return duration{10 * 60'000};
  }
}

fail_attempt failure_of(const attempt_order& order, ec code,
                        std::string message) {
  fail_attempt result;
  result.activation = order.activation;
  result.token = order.token;
  result.code = to_string(code);
  result.message = std::move(message);
  return result;
}

/// How the attempt ends of which *x* is the last word: the name of its error,
/// empty if it has none; none if another worker goes on with it.
std::optional<std::string> end_in(const run_command& x) {
  if (auto* failed = std::get_if<fail_attempt>(&x))
    return failed->code;
  if (std::holds_alternative<attempt_is_stopped>(x))
    return to_string(ec::cancelled);
  if (std::holds_alternative<attempt_is_suspended>(x))
    return std::nullopt;
  return std::string{};
}

std::unique_ptr<job> make_job(attempt_state& of) {
  auto& order = of.order();
  if (order.kind == attempt_kind::prepare)
    return make_prepare_job(of);
  if (order.kind == attempt_kind::publish)
    return make_publish_job(of);
  auto action = wire::from_json<step_action>(order.request.text);
  if (!action)
    return nullptr;
  if (auto* x = std::get_if<command_step>(&*action))
    return make_command_job(of, std::move(*x));
  if (auto* x = std::get_if<model_step>(&*action))
    return make_model_job(of, std::move(*x));
  if (auto* x = std::get_if<agent_step>(&*action))
    return make_agent_job(of, std::move(*x));
  if (auto* x = std::get_if<tool_step>(&*action))
    return make_tool_job(of, std::move(*x));
  return nullptr;
}

} // namespace

void attempt_state::start(self_pointer self,
                          std::shared_ptr<const workshop> uses, entity::key run,
                          attempt_order order, presence here) {
  self_ = self;
  here_ = std::move(here);
  uses_ = std::move(uses);
  run_ = std::move(run);
  order_ = std::move(order);
  self_->delayed_send(
    me(), order_.timeout.value_or(usual_timeout(order_.kind, *uses_)),
    atom::expire_v);
  job_ = make_job(*this);
  if (job_ != nullptr)
    job_->proceed();
  else
    fail(make_error(ec::internal,
                    "the request of " + order_.activation + " does not read"));
}

void attempt_state::tell(run_command what, std::function<void()> then,
                         std::function<void(const caf::error&)> refused) {
  auto no = [this, refused = std::move(refused)](const caf::error& why) {
    auto code = code_of(why);
    if (code == ec::fenced) {
      // Given to another worker; or the run's own right to its log is lost, and
      // it has heard nothing.
      self_->quit(why);
    } else if (code == ec::not_found) {
      self_->quit();
    } else if (code == ec::paused) {
      // Nothing is under way: whoever comes next goes on from the journal.
      report(attempt_is_suspended{order_.activation, order_.token});
    } else {
      refused(why);
    }
  };
  ask<run>(self_, expected_, uses_->runs, run_, what, std::move(then),
           std::move(no));
}

void attempt_state::intend(intend_effect what, std::function<void()> then,
                           std::function<void(const caf::error&)> refused) {
  auto granted = [=, this, asked = self_->clock().now()] {
    if (self_->clock().now() - asked < permission_lasts)
      then();
    else
      intend(what, then, refused);
  };
  tell(what, std::move(granted), std::move(refused));
}

std::function<void(std::string_view)>
attempt_state::voice(std::string kind) const {
  using clock = std::chrono::steady_clock;
  return [me = me(), kind, since = clock::now(),
          said = size_t{0}](std::string_view text) mutable {
    if (auto now = clock::now(); now - since >= std::chrono::seconds{1}) {
      since = now;
      said = 0;
    }
    said += text.size();
    if (said <= max_said)
      caf::anon_send(me, atom::piece_v, kind, std::string{text});
  };
}

uint64_t attempt_state::expect(std::function<void()> then) {
  return expected_.expect(std::move(then));
}

void attempt_state::after(duration wait, std::function<void()> then) {
  call_after(self_, expected_, wait, std::move(then));
}

void attempt_state::post(const std::shared_ptr<blocking_pool>& where,
                         std::function<void()> work, uint64_t number) {
  auto job = [work, number, me = me(), here = here_] {
    try {
      work();
    } catch (...) {
      // Whoever waits for the number sees that nothing came of it.
    }
    caf::anon_send(me, atom::ready_v, number);
  };
  auto problem = where->post(std::move(job));
  if (!problem)
    return;
  if (code_of(problem) == ec::overloaded)
    after(pause, [this, where, work, number] { post(where, work, number); });
  else
    self_->send_exit(me(), caf::exit_reason::user_shutdown);
}

const effect_record* attempt_state::journal(const std::string& effect) const {
  for (auto& x : order_.journal)
    if (x.effect == effect)
      return &x;
  return nullptr;
}

void attempt_state::die(const caf::error& why) {
  self_->send_exit(me(), why);
}

/// The last word of the attempt.
void attempt_state::report(run_command what) {
  if (std::exchange(ending_, true))
    return;
  auto end = end_in(what);
  auto quit = [this, end = std::move(end)] {
    if (end)
      record_end(*end);
    self_->quit();
  };
  tell(std::move(what), std::move(quit), [this](const caf::error& why) {
    die(with_context("the end of " + order_.activation + " cannot be recorded",
                     why));
  });
}

/// Commits what the attempt has changed; nothing if it changes nothing.
void attempt_state::checkpoint(std::function<void(commit)> then) {
  if (std::exchange(concluding_, true))
    return;
  auto changes = order_.kind == attempt_kind::agent
              || order_.kind == attempt_kind::command
              || order_.kind == attempt_kind::tool;
  if (!changes || order_.directory.empty()) {
    then(commit{std::nullopt});
    return;
  }
  auto key = order_.activation + "#" + std::to_string(order_.attempt);
  auto subject = order_.step + ": " + order_.title;
  using result_type = commit;
  in_pool<result_type>(
    [where = workspace(), key, subject] {
      auto made = agents::commit_checkpoint(where, key, subject);
      return made ? result_type{std::move(*made)}
                  : result_type{std::move(made.error())};
    },
    [then](result_type& done) { then(std::move(done)); });
}

void attempt_state::finish(json_text output) {
  checkpoint([this, output = std::move(output)](commit made) {
    if (made && *made)
      report(finish_attempt{order_.activation, order_.token, output,
                            std::move((*made)->commit),
                            std::move((*made)->tree)});
    else if (made)
      report(
        finish_attempt{order_.activation, order_.token, output, std::nullopt});
    else
      report(
        failure_of(order_, code_of(made.error()), message_of(made.error())));
  });
}

void attempt_state::fail(const caf::error& why, json_text output,
                         std::optional<duration> retry_after) {
  if (stopping_) {
    stopped();
    return;
  }
  checkpoint([this, why, output = std::move(output), retry_after](commit made) {
    auto failure = failure_of(order_, code_of(why), message_of(why));
    failure.output = output;
    // Why it failed says more than why that could not be committed.
    if (made && *made)
      failure.commit = std::move((*made)->commit);
    failure.retry_after = retry_after;
    report(std::move(failure));
  });
}

void attempt_state::stopped(json_text output) {
  if (!expired_ || stopping_) {
    report(attempt_is_stopped{order_.activation, order_.token});
    return;
  }
  auto advice =
    order_.step.starts_with('@') ? "" : "; raise the step's timeout";
  auto failure = failure_of(order_, ec::timeout,
                            order_.step + " did not end in its time" + advice);
  failure.output = std::move(output);
  report(std::move(failure));
}

void attempt_state::record_end(std::string_view code) const {
  auto& traces = uses_->traces;
  if (traces.is_on())
    traces.record(
      span_of_attempt(order_, traces, {began_, wall_clock()}, code));
}

void attempt_state::on_stop() {
  if (std::exchange(stopping_, true) || ending_ || concluding_
      || job_ == nullptr)
    return;
  job_->stop();
}

void attempt_state::on_ready(uint64_t number) {
  expected_.meet(number);
}

void attempt_state::on_piece(const std::string& kind, const std::string& text) {
  hear();
  self_->send(uses_->feed, atom::live_v,
              store::stream_id{run::kind, run_.tenant, run_.id},
              entity::live_piece{order_.activation, kind, text});
}

void attempt_state::on_expire() {
  if (std::exchange(expired_, true) || ending_ || concluding_
      || job_ == nullptr)
    return;
  job_->expire();
}

attempt_actor::behavior_type
attempt(attempt_actor::stateful_pointer<attempt_state> self,
        std::shared_ptr<const workshop> uses, entity::key run,
        attempt_order order, presence here) {
  self->set_exception_handler(
    [](std::exception_ptr& what) { return error_of(what); });
  auto& state = self->state;
  state.start(self, std::move(uses), std::move(run), std::move(order),
              std::move(here));
  return {
    [&state](atom::stop) { state.on_stop(); },
    [&state](atom::ready, uint64_t number) { state.on_ready(number); },
    [&state](atom::piece, const std::string& kind, const std::string& text) {
      state.on_piece(kind, text);
    },
    [&state](atom::expire) { state.on_expire(); },
  };
}

} // namespace machine::orchestrator
