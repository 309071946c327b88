#include "actors/requests/kept_answer.hpp"

#include "runtime/entity/draft.hpp"
#include "runtime/wire/document.hpp"

namespace machine::requests {

namespace {

using draft_type = entity::draft<kept_answer>;

caf::error check_name(const char* what, const std::string& name) {
  if (!name.empty() && name.size() <= max_name)
    return caf::none;
  return make_error(ec::invalid_argument,
                    std::string{what} + " of a request has 1 to "
                      + std::to_string(max_name) + " bytes, not "
                      + std::to_string(name.size()));
}

caf::error check_begin(const begin_request& x) {
  if (auto err = check_name("the attempt", x.attempt))
    return err;
  if (auto err = check_name("the life", x.life))
    return err;
  if (x.what.size() > max_what)
    return make_error(ec::invalid_argument, "what a request is has at most "
                                              + std::to_string(max_what)
                                              + " bytes, not "
                                              + std::to_string(x.what.size()));
  return caf::none;
}

/// Why the answer of a request that has ended is not given again.
caf::error why_not(const kept_state& now) {
  auto with = "with status " + std::to_string(now.answer.status);
  auto first = now.last.what + ", which came with this Idempotency-Key, ";
  switch (now.how) {
    case ending::kept: return caf::none;
    case ending::secret:
      return make_error(ec::conflict,
                        first + "was done " + with
                          + "; its secret was shown once and is not kept: look "
                            "at what it made, and to have another ask with a "
                            "new key");
    case ending::too_large:
      return make_error(ec::conflict,
                        first + "was done " + with
                          + "; its answer was too large to be kept: look at "
                            "what it made, and to do more ask with a new key");
    case ending::unknown: break;
  }
  return make_error(ec::conflict,
                    first + "ended " + with
                      + ", and nobody knows whether it was done: look, and if "
                        "it was not, ask with a new key");
}

caf::error check_under_way(const kept_state& now, const begin_request& x) {
  if (now.last.life == x.life)
    return make_error(ec::locked, now.last.what
                                    + ", which came with this Idempotency-Key, "
                                      "is still under way; ask again later");
  if (x.again == repetition::harmless)
    return caf::none;
  return make_error(ec::conflict,
                    now.last.what
                      + ", which came with this Idempotency-Key, was cut off "
                        "when the machine ended, and nobody knows whether it "
                        "was done: look, and if it was not, ask with a new "
                        "key");
}

caf::error begin(draft_type& to, const begin_request& x) {
  if (auto err = check_begin(x))
    return err;
  auto& now = to.now();
  if (now.phase != request_phase::released
      && now.last.fingerprint != x.fingerprint)
    return make_error(ec::invalid_argument,
                      "this Idempotency-Key came with another request, "
                        + now.last.what
                        + ", with another body, or from somebody with other "
                          "rights; look whether what you want was done, and if "
                          "it was not, ask with a new key");
  if (now.phase == request_phase::finished)
    return why_not(now);
  if (now.phase == request_phase::under_way)
    if (auto err = check_under_way(now, x))
      return err;
  to.emit(request_begun{x.fingerprint, x.what, x.attempt, x.life});
  return caf::none;
}

caf::error check_answer(const finish_request& x) {
  auto& answer = x.answer;
  if (answer.status < 200 || answer.status > 599)
    return make_error(ec::invalid_argument,
                      "the status of an answer is 200 to 599, not "
                        + std::to_string(answer.status));
  if (x.how != ending::kept && size_of(answer) > 0)
    return make_error(ec::invalid_argument,
                      "of an answer that is not kept only the status is");
  if (size_of(answer) > max_kept_bytes)
    return make_error(ec::limit_exceeded, "an answer that is kept has at most "
                                            + std::to_string(max_kept_bytes)
                                            + " bytes, not "
                                            + std::to_string(size_of(answer)));
  return caf::none;
}

/// Ends *attempt* with *end*; to be told again changes nothing.
caf::error end_with(draft_type& to, const std::string& attempt,
                    request_phase then, kept_event end) {
  auto& now = to.now();
  if (attempt.empty() || now.last.attempt != attempt
      || (now.phase != request_phase::under_way && now.phase != then))
    return make_error(ec::fenced, "attempt " + wire::excerpt(attempt)
                                    + " at a request is not under way");
  if (now.phase == request_phase::under_way)
    to.emit(std::move(end));
  return caf::none;
}

caf::error finish(draft_type& to, const finish_request& x) {
  if (auto err = check_answer(x))
    return err;
  return end_with(to, x.attempt, request_phase::finished,
                  request_finished{x.how, x.answer});
}

caf::error release(draft_type& to, const release_request& x) {
  return end_with(to, x.attempt, request_phase::released, request_released{});
}

} // namespace

size_t size_of(const given_answer& x) {
  auto result = x.type.size() + x.body.size();
  for (auto& [name, value] : x.headers)
    result += name.size() + value.size();
  return result;
}

caf::error kept_answer::decide(entity::draft<kept_answer>& to,
                               const command& what) {
  if (auto* x = std::get_if<begin_request>(&what))
    return begin(to, *x);
  if (auto* x = std::get_if<finish_request>(&what))
    return finish(to, *x);
  return release(to, std::get<release_request>(what));
}

void kept_answer::apply(state& draft, const event& what, timestamp) {
  if (auto* begun = std::get_if<request_begun>(&what)) {
    draft.phase = request_phase::under_way;
    draft.last = *begun;
  } else if (auto* ended = std::get_if<request_finished>(&what)) {
    draft.phase = request_phase::finished;
    draft.how = ended->how;
    draft.answer = ended->answer;
  } else {
    draft.phase = request_phase::released;
  }
}

} // namespace machine::requests
