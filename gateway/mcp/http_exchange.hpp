#pragma once

#include "gateway/mcp/message.hpp"
#include "gateway/mcp/session.hpp"

namespace machine::gateway::mcp {

/// What an answer over HTTP needs to know.
struct exchange_terms {
  /// Of the request, as JSON.
  std::string id;
  std::string method;
  revision speaks = last_with_sessions;
  implementation server;
  /// As JSON; none: the client does not want to know how far it is.
  std::optional<json_text> progress_token;
  /// None: the client wants no log messages.
  std::optional<log_level> level;
  /// Null in a revision without sessions.
  session_ptr session;
  /// Whether the client can read a stream.
  bool streams = true;
};

/// Answers with one JSON document, or, once there is something to say before
/// the result, with a stream of events. Null if the session answers such a
/// request already; the client was told so.
std::shared_ptr<exchange> make_exchange(exchange_terms terms,
                                        responder_ptr reply);

/// *object* as the result of *method* in *speaks*: later revisions say what
/// kind of result it is, who made it and how long it may be kept.
std::string dress(std::string object, const std::string& method,
                  revision speaks, result_kind what,
                  const implementation& server);

/// The members that every result of a stateless revision has.
std::string meta_of(const implementation& server, std::string_view more = "");

/// The HTTP status of *why*.
int status_of(const rpc_error& why, revision speaks);

} // namespace machine::gateway::mcp
