#include "gateway/api/auditor.hpp"

#include "gateway/api/act_record.hpp"
#include "gateway/api/ask.hpp"
#include "runtime/clock.hpp"

#include <future>

namespace machine::gateway {

namespace {

using security::audit_record;

/// Has the result recorded before the client gets it.
class audited_responder final : public responder {
public:
  audited_responder(context_ptr context, audit_record what, responder_ptr to)
      : context_(std::move(context)), what_(std::move(what)),
        to_(std::move(to)) {}

  audited_responder(const audited_responder&) = delete;
  audited_responder& operator=(const audited_responder&) = delete;

  ~audited_responder() override {
    if (!used_)
      problem(make_error(ec::internal, "nobody answered this request"));
  }

  void answer(http_answer what) override {
    if (used_.exchange(true))
      return;
    auto result = result_of(what_, what.status, what.problem);
    if (auto made = made_by(what))
      result.target += (result.target.empty() ? "made=" : " made=") + *made;
    context_->audit->record_result(
      context_, std::move(result),
      [to = to_, what = std::move(what)] { to->answer(what); });
  }

  std::shared_ptr<event_stream> stream_events() override {
    if (used_.exchange(true))
      return nullptr;
    context_->audit->record_result(context_, result_of(what_, 200, {}));
    return to_->stream_events();
  }

  std::shared_ptr<raw_stream> stream_raw(http_answer head) override {
    if (used_.exchange(true))
      return nullptr;
    context_->audit->record_result(context_,
                                   result_of(what_, head.status, head.problem));
    return to_->stream_raw(std::move(head));
  }

  void on_abandoned(std::function<void()> then) override {
    to_->on_abandoned(std::move(then));
  }

private:
  context_ptr context_;
  audit_record what_;
  responder_ptr to_;
  std::atomic<bool> used_{false};
};

/// Notes refusals of handlers that find out by themselves who may do what.
class watched_responder final : public responder {
public:
  watched_responder(context_ptr context, audit_record what, responder_ptr to)
      : context_(std::move(context)), what_(std::move(what)),
        to_(std::move(to)) {}

  void answer(http_answer what) override {
    note(what);
    to_->answer(std::move(what));
  }

  std::shared_ptr<event_stream> stream_events() override {
    return to_->stream_events();
  }

  std::shared_ptr<raw_stream> stream_raw(http_answer head) override {
    note(head);
    return to_->stream_raw(std::move(head));
  }

  void on_abandoned(std::function<void()> then) override {
    to_->on_abandoned(std::move(then));
  }

  void open_socket(std::vector<std::string> protocols,
                   socket_maker make) override {
    to_->open_socket(std::move(protocols), std::move(make));
  }

private:
  void note(const http_answer& what) {
    if (is_refusal(what.status))
      context_->audit->note_refusal(
        context_, result_of(what_, what.status, what.problem));
    // As at a sign-in with a wrong password.
    if (what.status == 401 && context_->rates)
      context_->rates->note_failure(what_.address, steady_now());
  }

  context_ptr context_;
  audit_record what_;
  responder_ptr to_;
};

class success_responder final : public responder {
public:
  success_responder(context_ptr context, audit_record what, responder_ptr to)
      : context_(std::move(context)), what_(std::move(what)),
        to_(std::move(to)) {}

  void answer(http_answer what) override {
    if (what.status >= 300) {
      to_->answer(std::move(what));
      return;
    }
    auto result = result_of(what_, what.status, {});
    context_->audit->record_result(
      context_, std::move(result),
      [to = to_, what = std::move(what)] { to->answer(what); });
  }

  std::shared_ptr<event_stream> stream_events() override {
    return to_->stream_events();
  }

  std::shared_ptr<raw_stream> stream_raw(http_answer head) override {
    if (head.status < 300)
      context_->audit->record_result(context_,
                                     result_of(what_, head.status, {}));
    return to_->stream_raw(std::move(head));
  }

  void on_abandoned(std::function<void()> then) override {
    to_->on_abandoned(std::move(then));
  }

private:
  context_ptr context_;
  audit_record what_;
  responder_ptr to_;
};

/// Why nothing is done.
caf::error not_recorded(const caf::error& why) {
  return make_error(ec::unavailable,
                    "nothing was done: it has to be in the audit log first, "
                    "and cannot be written there ("
                      + message_of(why) + "); try again later");
}

route_handler audited(const context_ptr& context, const std::string& action,
                      route_handler inner) {
  return [=](http_request asked, responder_ptr reply) {
    auto what = record_of(action, asked, asked.who);
    if (!asked.who) {
      // Nobody in particular may not write as much as they like. The handler
      // knows who they are once it has come to something.
      inner(std::move(asked), std::make_shared<watched_responder>(
                                context, std::move(what), std::move(reply)));
      return;
    }
    auto go_on = [=](const caf::expected<uint64_t>& number) {
      if (!number) {
        reply->problem(not_recorded(number.error()));
        return;
      }
      auto intended = what;
      intended.intent = *number;
      auto to = std::make_shared<audited_responder>(context, intended, reply);
      do_safely(
        [](const std::function<void()>& job) {
          job();
          return caf::error{};
        },
        to, [&] { inner(asked, to); });
    };
    context->audit->record(context, what, go_on);
  };
}

route_handler watched(const context_ptr& context, const std::string& action,
                      route_handler inner) {
  return [=](http_request asked, const responder_ptr& reply) {
    auto to = std::make_shared<watched_responder>(
      context, record_of(action, asked, asked.who), reply);
    inner(std::move(asked), std::move(to));
  };
}

} // namespace

auditor::auditor(audit_options options) : options_(std::move(options)) {}

void auditor::record(const std::shared_ptr<const api_context>& context,
                     audit_record what,
                     std::function<void(caf::expected<uint64_t>)> then) const {
  auto& actors = context->machine->actors();
  auto spawned = actors.guests.spawn(
    [=, region = actors.audits](caf::event_based_actor* self) {
      self
        ->request(region, ask_patience, atom::command_v,
                  entity::key{what.tenant, audit::audit_id},
                  audit::audit_command{audit::record_audit{what}})
        .then(
          [=](const entity::outcome<audit::audit_log>& x) { then(x.last_seq); },
          [=](const caf::error& why) { then(why); });
    });
  if (!spawned)
    then(make_error(ec::unavailable, "the machine is stopping"));
}

void auditor::record_result(const std::shared_ptr<const api_context>& context,
                            audit_record what,
                            std::function<void()> then) const {
  record(context, what,
         [log = options_.log, what,
          then = std::move(then)](const caf::expected<uint64_t>& number) {
           if (!number)
             log.error("the audit log misses what came of a request",
                       {{"tenant", what.tenant},
                        {"action", what.action},
                        {"request", what.request_id},
                        {"why", message_of(number.error())}});
           then();
         });
}

void auditor::note_refusal(const std::shared_ptr<const api_context>& context,
                           audit_record what) {
  std::optional<audit_record> now;
  auto first = false;
  {
    std::lock_guard guard{mutex_};
    now = refusals_.add(std::move(what));
    first = !std::exchange(due_, true);
  }
  if (now)
    record_result(context, std::move(*now));
  if (!first)
    return;
  auto waits = context->machine->actors().guests.spawn(
    [this, context](caf::event_based_actor* self) -> caf::behavior {
      self->delayed_send(self, options_.sum_up_every, atom::resume_v);
      return {[this, context, self](atom::resume) {
        sum_up(context);
        self->quit();
      }};
    });
  if (!waits) {
    std::lock_guard guard{mutex_};
    due_ = false;
  }
}

void auditor::note_refusal(const std::shared_ptr<const api_context>& context,
                           const route& where, const http_request& asked,
                           const admission& what) {
  auto& refusal = *what.refusal;
  if (is_refusal(refusal.status))
    note_refusal(context,
                 result_of(record_of(action_of(where), asked, what.who),
                           refusal.status, refusal.problem));
}

std::vector<audit_record> auditor::take_sums() {
  std::lock_guard guard{mutex_};
  due_ = false;
  return refusals_.take();
}

void auditor::sum_up(const std::shared_ptr<const api_context>& context) {
  for (auto& x : take_sums())
    record_result(context, std::move(x));
}

void auditor::finish(const std::shared_ptr<const api_context>& context) {
  constexpr std::chrono::seconds patience{2};
  // The last one that lets go of it says that all are done.
  auto recorded = std::make_shared<std::promise<void>>();
  auto all = recorded->get_future();
  std::shared_ptr<void> left{nullptr,
                             [recorded](void*) { recorded->set_value(); }};
  for (auto& x : take_sums())
    record_result(context, std::move(x), [left] {});
  left = nullptr;
  all.wait_for(patience);
}

responder_ptr
with_success_noted(const std::shared_ptr<const api_context>& context,
                   const std::string& action, const http_request& asked,
                   const principal_ptr& who, responder_ptr to) {
  return std::make_shared<success_responder>(
    context, record_of(action, asked, who), std::move(to));
}

route with_audit(const std::shared_ptr<const api_context>& context,
                 route what) {
  auto action = action_of(what);
  if (is_audited(what))
    what.handle = audited(context, action, std::move(what.handle));
  else if (what.who.where() == permission::place::somewhere)
    what.handle = watched(context, action, std::move(what.handle));
  return what;
}

} // namespace machine::gateway
