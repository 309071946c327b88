#pragma once

#include "runtime/types.hpp"
#include "runtime/wire/kinds.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>

/// What clients of a WebSocket say, and what they are told. Every message is
/// one of these, as JSON or MessagePack with its name as `type`.
namespace machine::gateway::session {

/// To be answered by a route, as if it had come by HTTP.
struct request {
  /// Chosen by the client; the answer has it.
  std::string id;
  /// `GET`
  std::string method;
  /// With its query: `/api/v1/runs?limit=10`.
  std::string path;
  std::optional<std::map<std::string, std::string>> headers;
  std::optional<json_text> body;

  static constexpr const char* wire_name = "request";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &request::id},
                         wire::field{"method", &request::method},
                         wire::field{"path", &request::path},
                         wire::field{"headers", &request::headers},
                         wire::field{"body", &request::body});
  }

  bool operator==(const request&) const = default;
};

/// To be told what happens in a topic. One socket has a topic once.
struct subscribe {
  std::string id;
  /// `runs`, or `run/r-17`.
  std::string topic;
  /// The number of the last event that the client has; none: 0.
  std::optional<uint64_t> after;
  /// Nothing that has happened already; instead of `after`.
  std::optional<bool> latest;
  /// How many events may be sent until there is more credit; none: any number.
  std::optional<uint32_t> credit;

  static constexpr const char* wire_name = "subscribe";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &subscribe::id},
                         wire::field{"topic", &subscribe::topic},
                         wire::field{"after", &subscribe::after},
                         wire::field{"latest", &subscribe::latest},
                         wire::field{"credit", &subscribe::credit});
  }

  bool operator==(const subscribe&) const = default;
};

struct unsubscribe {
  std::string id;
  std::string topic;

  static constexpr const char* wire_name = "unsubscribe";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &unsubscribe::id},
                         wire::field{"topic", &unsubscribe::topic});
  }

  bool operator==(const unsubscribe&) const = default;
};

/// So many more events of a topic may be sent. Nothing answers it.
struct credit {
  std::string id;
  std::string topic;
  uint32_t events = 0;

  static constexpr const char* wire_name = "credit";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &credit::id},
                         wire::field{"topic", &credit::topic},
                         wire::field{"events", &credit::events});
  }

  bool operator==(const credit&) const = default;
};

/// For clients that cannot send a ping of WebSocket: browsers.
struct ping {
  std::string id;

  static constexpr const char* wire_name = "ping";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &ping::id});
  }

  bool operator==(const ping&) const = default;
};

using client_message =
  std::variant<request, subscribe, unsubscribe, credit, ping>;

/// The answer to a `request`.
struct response {
  std::string id;
  uint32_t status = 0;
  std::map<std::string, std::string> headers;
  /// What is JSON.
  std::optional<json_text> body;
  /// What is something else.
  std::optional<bytes> content;

  static constexpr const char* wire_name = "response";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &response::id},
                         wire::field{"status", &response::status},
                         wire::field{"headers", &response::headers},
                         wire::field{"body", &response::body},
                         wire::field{"content", &response::content});
  }

  bool operator==(const response&) const = default;
};

/// Events after number `seq` follow.
struct subscribed {
  std::string id;
  std::string topic;
  uint64_t seq = 0;

  static constexpr const char* wire_name = "subscribed";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &subscribed::id},
                         wire::field{"topic", &subscribed::topic},
                         wire::field{"seq", &subscribed::seq});
  }

  bool operator==(const subscribed&) const = default;
};

/// The client has the events up to number `seq`; no more follow.
struct unsubscribed {
  std::string id;
  std::string topic;
  uint64_t seq = 0;

  static constexpr const char* wire_name = "unsubscribed";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &unsubscribed::id},
                         wire::field{"topic", &unsubscribed::topic},
                         wire::field{"seq", &unsubscribed::seq});
  }

  bool operator==(const unsubscribed&) const = default;
};

/// Something that has happened, and is kept.
struct topic_event {
  std::string topic;
  uint64_t seq = 0;
  json_text data;

  static constexpr const char* wire_name = "event";

  static constexpr auto fields() {
    return wire::members(wire::field{"topic", &topic_event::topic},
                         wire::field{"seq", &topic_event::seq},
                         wire::field{"data", &topic_event::data});
  }

  bool operator==(const topic_event&) const = default;
};

/// Something that happens and is not kept, as a word of a model: it has no
/// number, costs no credit, and never comes again.
struct topic_live {
  std::string topic;
  json_text data;

  static constexpr const char* wire_name = "live";

  static constexpr auto fields() {
    return wire::members(wire::field{"topic", &topic_live::topic},
                         wire::field{"data", &topic_live::data});
  }

  bool operator==(const topic_live&) const = default;
};

/// The machine ends a subscription; the client has the events up to number
/// `seq`.
struct ended {
  std::string topic;
  uint64_t seq = 0;
  /// `complete`: there will never be more; `restart`: come back with `seq`, the
  /// machine stops; `lost`: subscribe again with `seq`; `denied`.
  std::string code;
  std::string reason;

  static constexpr const char* wire_name = "ended";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"topic", &ended::topic}, wire::field{"seq", &ended::seq},
      wire::field{"code", &ended::code}, wire::field{"reason", &ended::reason});
  }

  bool operator==(const ended&) const = default;
};

struct pong {
  std::string id;

  static constexpr const char* wire_name = "pong";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &pong::id});
  }

  bool operator==(const pong&) const = default;
};

/// What was wrong with a message, which did nothing. The socket stays open.
struct error_message {
  /// Of the message, if it has one that reads.
  std::optional<std::string> id;
  /// As in a problem of HTTP: `not_found`.
  std::string code;
  std::string message;

  static constexpr const char* wire_name = "error";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &error_message::id},
                         wire::field{"code", &error_message::code},
                         wire::field{"message", &error_message::message});
  }

  bool operator==(const error_message&) const = default;
};

using server_message =
  std::variant<response, subscribed, unsubscribed, topic_event, topic_live,
               ended, pong, error_message>;

} // namespace machine::gateway::session
