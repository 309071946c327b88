#pragma once

#include "actors/requests/ending.hpp"
#include "runtime/wire/json_schema.hpp"

#include <string>
#include <utility>

namespace machine::gateway {

/// What clients send to a route and what they get, by type. There is none by
/// default, so a route without one does not compile.
class contract {
public:
  /// Whether there is a body.
  enum class body_kind : uint8_t { none, optional, required };

  /// A *T* as JSON comes with a success.
  template <class T>
  static contract gives(int status = 200) {
    return {wire::make_schema<T>, "application/json", status};
  }

  /// JSON for which there is no one type.
  static contract gives_json(wire::schema_maker what, int status = 200) {
    return {what, "application/json", status};
  }

  /// Content of the type *media*, which has no schema.
  static contract gives_content(std::string media) {
    return {nullptr, std::move(media), 200};
  }

  /// A stream of events, and nothing else.
  static contract gives_stream() {
    return gives_content(stream_media);
  }

  /// A WebSocket.
  static contract gives_socket() {
    return {nullptr, {}, 101};
  }

  /// The same as a stream of events, for who accepts that.
  contract or_stream() && {
    streams_ = true;
    return std::move(*this);
  }

  /// The same as content of the type *media*, for who asks for that.
  contract or_content(std::string media) && {
    other_media_ = std::move(media);
    return std::move(*this);
  }

  /// The same with the status *other*, when it is no success.
  contract or_status(int other) && {
    other_status_ = other;
    return std::move(*this);
  }

  /// A *T* as JSON is the body.
  template <class T>
  contract takes(body_kind how = body_kind::required) && {
    body_ = wire::make_schema<T>;
    kind_ = how;
    return std::move(*this);
  }

  /// To do the same twice is as if it had been done once. So it is of PATCH and
  /// DELETE, which need not say it.
  contract repeatable() && {
    again_ = requests::repetition::harmless;
    return std::move(*this);
  }

  /// The answer to a success has a secret, which must not be stored.
  contract secret() && {
    hidden_ = requests::secrecy::secret;
    return std::move(*this);
  }

  /// An `Idempotency-Key` is ignored. For what is harmless to do again, and
  /// whose answer would not be there when somebody asks again, or of whose body
  /// not even a hash must be stored.
  contract without_keys() && {
    ignores_keys_ = true;
    return std::move(*this);
  }

  /// Null unless an answer is JSON.
  wire::schema_maker answer() const {
    return answer_;
  }

  const std::string& media() const {
    return media_;
  }

  /// Empty: there is none.
  const std::string& other_media() const {
    return other_media_;
  }

  /// Of a success.
  int status() const {
    return status_;
  }

  /// 0: there is none.
  int other_status() const {
    return other_status_;
  }

  bool streams() const {
    return streams_;
  }

  requests::repetition again() const {
    return again_;
  }

  requests::secrecy hidden() const {
    return hidden_;
  }

  bool ignores_keys() const {
    return ignores_keys_;
  }

  bool is_socket() const {
    return status_ == 101;
  }

  /// Whether clients may stay for longer than an answer takes.
  bool lasts() const {
    return streams_ || is_socket() || media_ == stream_media;
  }

  /// Null if there is no body.
  wire::schema_maker body() const {
    return body_;
  }

  body_kind kind() const {
    return kind_;
  }

private:
  static constexpr const char* stream_media = "text/event-stream";

  contract(wire::schema_maker answer, std::string media, int status)
      : answer_(answer), media_(std::move(media)), status_(status) {}

  wire::schema_maker answer_;
  std::string media_;
  std::string other_media_;
  int status_;
  int other_status_ = 0;
  bool streams_ = false;
  requests::repetition again_ = requests::repetition::counts;
  requests::secrecy hidden_ = requests::secrecy::open;
  bool ignores_keys_ = false;
  wire::schema_maker body_ = nullptr;
  body_kind kind_ = body_kind::none;
};

} // namespace machine::gateway
