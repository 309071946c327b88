#pragma once

#include "actors/requests/ending.hpp"
#include "runtime/entity/entity.hpp"
#include "runtime/security/digest.hpp"
#include "runtime/wire/codec.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>

/// Requests that come with a key are done once
/// (draft-ietf-httpapi-idempotency-key-header).
namespace machine::requests {

/// Bounds on texts, in bytes.
constexpr size_t max_name = 64;
constexpr size_t max_what = 256;

/// An answer that is given again.
struct given_answer {
  uint32_t status = 0;
  /// Of the body.
  std::string type;
  std::map<std::string, std::string> headers;
  bytes body;

  static constexpr const char* wire_name = "given_answer";

  static constexpr auto fields() {
    return wire::members(wire::field{"status", &given_answer::status},
                         wire::field{"type", &given_answer::type},
                         wire::field{"headers", &given_answer::headers},
                         wire::field{"body", &given_answer::body});
  }

  bool operator==(const given_answer&) const = default;
};

size_t size_of(const given_answer& x);

/// A request is about to be done. No event comes of it if its answer is there
/// already. Fails with `invalid_argument` if the key was used for another
/// request, with `locked` while the first is under way, and with `conflict` if
/// its answer cannot be given again.
struct begin_request {
  /// Of all that makes one request another than the next.
  security::digest fingerprint{};
  /// `POST /api/v1/runs`, for people.
  std::string what;
  /// Names this try to do it: unique.
  std::string attempt;
  /// From one start of the machine to its end: unique.
  std::string life;
  repetition again = repetition::counts;

  static constexpr const char* wire_name = "begin_request";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"fingerprint", &begin_request::fingerprint},
      wire::field{"what", &begin_request::what},
      wire::field{"attempt", &begin_request::attempt},
      wire::field{"life", &begin_request::life},
      wire::field{"again", &begin_request::again});
  }

  bool operator==(const begin_request&) const = default;
};

/// The request has ended with *answer*, which has more than a status only if
/// it is `kept`. Fails with `fenced` if *attempt* is not the one under way.
struct finish_request {
  std::string attempt;
  ending how = ending::unknown;
  given_answer answer;

  static constexpr const char* wire_name = "finish_request";

  static constexpr auto fields() {
    return wire::members(wire::field{"attempt", &finish_request::attempt},
                         wire::field{"how", &finish_request::how},
                         wire::field{"answer", &finish_request::answer});
  }

  bool operator==(const finish_request&) const = default;
};

/// The request has ended and may be done again: the key is free. Fails as
/// `finish_request` does.
struct release_request {
  std::string attempt;

  static constexpr const char* wire_name = "release_request";

  static constexpr auto fields() {
    return wire::members(wire::field{"attempt", &release_request::attempt});
  }

  bool operator==(const release_request&) const = default;
};

using kept_command =
  std::variant<begin_request, finish_request, release_request>;

struct request_begun {
  security::digest fingerprint{};
  std::string what;
  std::string attempt;
  std::string life;

  static constexpr const char* wire_name = "request_begun";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"fingerprint", &request_begun::fingerprint},
      wire::field{"what", &request_begun::what},
      wire::field{"attempt", &request_begun::attempt},
      wire::field{"life", &request_begun::life});
  }

  bool operator==(const request_begun&) const = default;
};

struct request_finished {
  ending how = ending::unknown;
  given_answer answer;

  static constexpr const char* wire_name = "request_finished";

  static constexpr auto fields() {
    return wire::members(wire::field{"how", &request_finished::how},
                         wire::field{"answer", &request_finished::answer});
  }

  bool operator==(const request_finished&) const = default;
};

struct request_released {
  static constexpr const char* wire_name = "request_released";

  static constexpr auto fields() {
    return wire::members();
  }

  bool operator==(const request_released&) const = default;
};

using kept_event =
  std::variant<request_begun, request_finished, request_released>;

/// What the request of a key is doing.
enum class request_phase : uint8_t { released, under_way, finished };

constexpr auto wire_names(request_phase) {
  return std::array<std::pair<std::string_view, request_phase>, 3>{{
    {"released", request_phase::released},
    {"under_way", request_phase::under_way},
    {"finished", request_phase::finished},
  }};
}

struct kept_state {
  request_phase phase = request_phase::released;
  /// The attempt that was begun last.
  request_begun last;
  ending how = ending::unknown;
  given_answer answer;

  static constexpr const char* wire_name = "kept_state";

  static constexpr auto fields() {
    return wire::members(wire::field{"phase", &kept_state::phase},
                         wire::field{"last", &kept_state::last},
                         wire::field{"how", &kept_state::how},
                         wire::field{"answer", &kept_state::answer});
  }

  bool operator==(const kept_state&) const = default;
};

/// The request that came with one key of one principal, and its answer: the
/// core of the entity `kept_answer`.
struct kept_answer : entity::passive<kept_state, kept_command, kept_event> {
  static constexpr const char* kind = "kept_answer";
  static constexpr const char* snapshot_schema = "kept_answer.1";

  static caf::error decide(entity::draft<kept_answer>& to, const command& what);

  static void apply(state& draft, const event& what, timestamp at);

  /// No fields and no body: lists tell how old it is.
  static store::summary_row summarise(const state&, const entity::key&) {
    return {};
  }

  /// It is kept for a time, whatever it holds.
  static caf::error may_erase(const state&, const entity::key&) {
    return caf::none;
  }
};

} // namespace machine::requests

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::requests::kept_command>;
extern template struct machine::wire::message_codec<
  machine::requests::kept_command>;
extern template struct machine::wire::codec<machine::requests::kept_event>;
extern template struct machine::wire::message_codec<
  machine::requests::kept_event>;
extern template struct machine::wire::codec<machine::requests::kept_state>;
extern template struct machine::wire::message_codec<
  machine::requests::kept_state>;
extern template struct machine::wire::codec<
  machine::entity::outcome<machine::requests::kept_answer>>;
extern template struct machine::wire::message_codec<
  machine::entity::outcome<machine::requests::kept_answer>>;
extern template struct machine::wire::codec<
  machine::entity::recorded<machine::requests::kept_event>>;
extern template struct machine::wire::message_codec<
  machine::entity::recorded<machine::requests::kept_event>>;
