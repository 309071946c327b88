#include "gateway/websocket/reader.hpp"

#include "runtime/wire/document.hpp"

#include <algorithm>
#include <utility>

namespace machine::websocket {

reading reader::read(std::string_view bytes) {
  size_t taken = 0;
  while (!done_) {
    while (!header_.is_complete()) {
      if (taken == bytes.size())
        return {taken, std::nullopt};
      auto why = header_.take(static_cast<uint8_t>(bytes[taken++]));
      if (!why && header_.is_complete())
        why = begin_frame();
      if (why)
        return {taken, fail(std::move(*why))};
    }
    auto chunk = bytes.substr(taken, left_);
    taken += chunk.size();
    if (auto why = take_payload(chunk))
      return {taken, fail(std::move(*why))};
    if (left_ > 0)
      return {taken, std::nullopt};
    auto last = std::exchange(header_, {});
    if (last.is_final())
      return {taken, end_frame(last.what())};
  }
  return {taken, std::nullopt};
}

std::optional<failure> reader::begin_frame() {
  left_ = header_.payload_bytes();
  auto what = header_.what();
  if (is_control(what)) {
    control_.reserve(left_);
    return std::nullopt;
  }
  if (what == opcode::continuation && fragments_ == 0)
    return failure{close_code::protocol_error,
                   "a continuation has no message that it continues"};
  if (what != opcode::continuation && fragments_ > 0)
    return failure{close_code::protocol_error,
                   "a message begins before the one before it has ended"};
  if (++fragments_ > limits_.max_fragments)
    return failure{close_code::policy_violation,
                   "a message is made of more than "
                     + std::to_string(limits_.max_fragments) + " frames"};
  if (left_ > limits_.max_message_bytes - message_.size())
    return failure{close_code::message_too_big,
                   "a message has more than "
                     + std::to_string(limits_.max_message_bytes) + " bytes"};
  if (what != opcode::continuation)
    kind_ = what;
  return std::nullopt;
}

std::optional<failure> reader::take_payload(std::string_view chunk) {
  auto in_control = is_control(header_.what());
  if (!in_control)
    make_room(chunk.size());
  auto& into = in_control ? control_ : message_;
  auto begin = into.size();
  into += chunk;
  std::span<char> added{into.data() + begin, chunk.size()};
  apply_mask(added, header_.mask(), header_.payload_bytes() - left_);
  left_ -= chunk.size();
  if (in_control || kind_ != opcode::text
      || text_.feed({added.data(), added.size()}))
    return std::nullopt;
  return failure{close_code::invalid_payload, "a text message is not UTF-8"};
}

std::optional<event> reader::end_frame(opcode what) {
  switch (what) {
    case opcode::ping: return ping_frame{std::exchange(control_, {})};
    case opcode::pong: return pong_frame{std::exchange(control_, {})};
    case opcode::close: return end_close();
    default: return end_message();
  }
}

std::optional<event> reader::end_message() {
  if (!text_.is_complete())
    return fail({close_code::invalid_payload,
                 "a text message ends within a character of UTF-8"});
  fragments_ = 0;
  return message{kind_, std::exchange(message_, {})};
}

std::optional<event> reader::end_close() {
  auto payload = std::exchange(control_, {});
  if (payload.size() == 1)
    return fail({close_code::protocol_error,
                 "a close frame has one byte; a code has two"});
  close_frame result;
  if (!payload.empty()) {
    auto high = static_cast<uint8_t>(payload[0]);
    auto low = static_cast<uint8_t>(payload[1]);
    result.code = static_cast<close_code>(high << 8 | low);
    result.reason = payload.substr(2);
    if (!may_be_sent(result.code))
      return fail(
        {close_code::protocol_error, "a close frame has the code "
                                       + std::to_string(high << 8 | low)
                                       + ", which is not to be sent"});
    if (!wire::is_utf8(result.reason))
      return fail({close_code::invalid_payload,
                   "the reason of a close frame is not UTF-8"});
  }
  done_ = true;
  message_ = std::string{};
  return result;
}

event reader::fail(failure why) {
  done_ = true;
  message_ = std::string{};
  control_ = std::string{};
  return why;
}

void reader::make_room(size_t bytes) {
  auto needed = message_.size() + bytes;
  if (needed <= message_.capacity())
    return;
  // Doubling keeps a message of many pieces linear; a bound on it, and a string
  // of its own, keep the library from reserving more than may ever come.
  auto most =
    header_.is_final() ? message_.size() + left_ : limits_.max_message_bytes;
  std::string bigger;
  bigger.reserve(std::min(std::max(needed, 2 * message_.capacity()), most));
  bigger += message_;
  message_ = std::move(bigger);
}

} // namespace machine::websocket
