#include "gateway/api/keyed_request.hpp"

#include "actors/orchestrator/run/bounds.hpp"
#include "gateway/api/ask.hpp"
#include "gateway/api/held_answer.hpp"
#include "gateway/http/request_id.hpp"
#include "runtime/wire/wire.hpp"

#include <exception>

namespace machine::gateway {

namespace {

using requests::begin_request;
using requests::finish_request;
using requests::given_answer;
using requests::kept_answer;
using requests::kept_command;
using requests::kept_state;
using requests::release_request;

/// How often it is tried to store how a request has ended.
constexpr int max_store_tries = 6;

/// The code of a problem; none for what is no problem.
ec code_in(const http_answer& x) {
  if (x.status < 400)
    return ec::none;
  auto document = wire::parse_json(x.body, {});
  if (!document)
    return ec::internal;
  for (auto* i = document->first(document->root()); i != nullptr;
       i = document->next(*i))
    if (i->key == "code" && i->kind == wire::node_kind::text)
      return ec_from_string(i->text);
  return ec::internal;
}

given_answer whole(const http_answer& x) {
  return {static_cast<uint32_t>(x.status),
          x.type,
          {x.headers.begin(), x.headers.end()},
          to_bytes(x.body)};
}

http_answer again(const given_answer& x) {
  http_answer result{static_cast<int>(x.status),
                     x.type,
                     std::string{as_text(x.body)},
                     {x.headers.begin(), x.headers.end()}};
  result.headers.emplace_back("Idempotency-Replayed", "true");
  return result;
}

/// Why it was not begun.
http_answer refusal_of(const caf::error& why) {
  auto result = problem_answer(why);
  if (code_of(why) == ec::invalid_argument)
    result = {422, result.type, problem_document(why, 422), {}};
  if (code_of(why) == ec::locked)
    result.headers.emplace_back("Retry-After", "1");
  return result;
}

/// Whether the store may take later what it did not take now.
bool may_pass(const caf::error& why) {
  switch (code_of(why)) {
    case ec::io_failed:
    case ec::overloaded:
    case ec::storage_full:
    case ec::timeout:
    case ec::unavailable: return true;
    default: return false;
  }
}

/// Goes with one keyed request from its beginning to its end. Lives in the
/// behaviour of an actor that is a guest of the machine.
class request_keeper : public std::enable_shared_from_this<request_keeper> {
public:
  using self_pointer = caf::event_based_actor*;

  request_keeper(kept_answers& with, keyed_request what, responder_ptr reply)
      : what_(std::move(what)), tenant_(what_.in.tenant()),
        key_(what_.in.key<kept_answer>(kept_answer_id(
          what_.in.who(), what_.request.headers.at("idempotency-key")))),
        attempt_(request_id_of("")), life_(with.life()), with_(&with),
        reply_(std::move(reply)) {}

  void begin(self_pointer self) {
    auto path = what_.request.method + " " + what_.request.path;
    begin_request command{fingerprint_of(what_.request),
                          orchestrator::clip(path, requests::max_what),
                          attempt_, life_, what_.rule.again};
    ask(
      self, command,
      [me = shared_from_this(), self](const entity::outcome<kept_answer>& x) {
        if (x.events.empty())
          me->give_again(self);
        else
          me->handle(self, x.last_seq == 1);
      },
      [me = shared_from_this(), self](const caf::error& why) {
        me->reply_->answer(refusal_of(why));
        // It may still be begun, by nobody.
        me->ending_ = release_request{me->attempt_};
        if (may_pass(why))
          me->end(self);
        else
          self->quit();
      });
  }

  /// The answer is there; or it is time to try again.
  void end(self_pointer self) {
    if (!ending_)
      if (auto answer = held_->look())
        ending_ = command_for(*answer);
    if (!ending_)
      return;
    ask(
      self, *ending_,
      [me = shared_from_this(), self](const entity::outcome<kept_answer>&) {
        me->deliver();
        self->quit();
      },
      [me = shared_from_this(), self](const caf::error& why) {
        // It is done all the same.
        me->deliver();
        me->try_again(self, why);
      });
  }

private:
  template <class Then, class Otherwise>
  void ask(self_pointer self, kept_command what, Then then,
           Otherwise otherwise) {
    self
      ->request(what_.in.region<kept_answer>(), ask_patience, atom::command_v,
                key_, std::move(what))
      .then(std::move(then), std::move(otherwise));
  }

  void handle(self_pointer self, bool is_new) {
    if (is_new)
      with_->count(tenant_);
    held_ = std::make_shared<held_answer>(std::exchange(reply_, nullptr));
    auto to = std::make_shared<holding_responder>(
      held_, caf::actor_cast<caf::actor_addr>(self));
    try {
      what_.handle(what_.in, what_.request, to);
    } catch (const std::exception& x) {
      to->problem(make_error(ec::internal,
                             std::string{"this request cannot be answered: "}
                               + x.what()));
    }
  }

  void give_again(self_pointer self) {
    self
      ->request(what_.in.region<kept_answer>(), ask_patience, atom::inspect_v,
                key_)
      .then(
        [me = shared_from_this(), self](const kept_state& now) {
          if (now.phase == requests::request_phase::finished)
            me->reply_->answer(again(now.answer));
          else
            me->reply_->problem(make_error(
              ec::unavailable, "the answer to this Idempotency-Key has just "
                               "been erased; ask again"));
          self->quit();
        },
        [me = shared_from_this(), self](const caf::error& why) {
          me->reply_->problem(why);
          self->quit();
        });
  }

  void deliver() {
    if (held_)
      held_->deliver();
  }

  kept_command command_for(const http_answer& x) const {
    auto answer = whole(x);
    auto how =
      requests::ending_of({x.status, code_in(x), requests::size_of(answer),
                           what_.rule.again, what_.rule.hidden});
    if (!how)
      return release_request{attempt_};
    if (*how != requests::ending::kept)
      answer = {answer.status, {}, {}, {}};
    return finish_request{attempt_, *how, std::move(answer)};
  }

  void try_again(self_pointer self, const caf::error& why) {
    if (++tries_ == max_store_tries || !may_pass(why))
      self->quit();
    else
      self->delayed_send(self, std::chrono::seconds{1 << tries_},
                         atom::ready_v);
  }

  keyed_request what_;
  const std::string tenant_;
  const entity::key key_;
  const std::string attempt_;
  const std::string life_;
  kept_answers* const with_;
  responder_ptr reply_;
  std::shared_ptr<held_answer> held_;
  std::optional<kept_command> ending_;
  int tries_ = 0;
};

} // namespace

void answer_once(kept_answers& with, keyed_request what,
                 const responder_ptr& reply) {
  auto in = what.in;
  auto keeper = std::make_shared<request_keeper>(with, std::move(what), reply);
  serve(in, reply, [keeper](caf::event_based_actor* self) {
    // Nobody else holds it while the handler takes its time; it quits when the
    // answer is kept.
    self->become([keeper, self, held = caf::actor{self}](atom::ready) {
      keeper->end(self);
    });
    keeper->begin(self);
  });
}

} // namespace machine::gateway
