#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/mcp/error.hpp"
#include "gateway/mcp/params.hpp"
#include "gateway/mcp/revision.hpp"

#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace machine::gateway::mcp {

/// A request that a service answers.
struct call {
  std::string method;
  /// A JSON object.
  std::string params;
  principal_ptr who;
  /// From where they ask.
  std::string address;
  /// With which program, by its own word.
  std::string user_agent;
  revision speaks = last_with_sessions;
  /// What the client can do, as a JSON object.
  std::string capabilities = "{}";
  /// The operation that answering it is, if it is in a trace.
  trace_context trace = {};
};

/// What a result is.
enum class result_kind : uint8_t {
  complete,
  /// The client has to ask again with more (2026-07-28).
  input_required,
};

/// The answer to one request. Any thread may call; the first result or error
/// counts. If it is dropped without one, the client gets an error.
class exchange {
public:
  /// What a client said to a request of ours.
  using reply = std::variant<std::string, rpc_error>;

  virtual ~exchange() = default;

  /// *object* is JSON; it has no `_meta`.
  virtual void result(std::string object,
                      result_kind what = result_kind::complete) = 0;

  virtual void fail(rpc_error why) = 0;

  /// Tells the client how far it is, if the client wants to know.
  virtual void progress(double done, std::optional<double> total,
                        const std::string& message) = 0;

  /// Tells the client something of *level*, if it wants to hear that much.
  virtual void log(log_level level, const std::string& logger,
                   const json_text& data) = 0;

  /// Asks the client, in a revision with sessions; *then* is called once.
  virtual void ask(const std::string& method, const std::string& params,
                   std::function<void(reply)> then) = 0;
};

using exchange_ptr = std::shared_ptr<exchange>;

/// Something has changed: a notification without its `_meta`.
struct change {
  std::string method;
  std::string params = "{}";
};

using change_listener = std::function<void(const change&)>;

/// Whoever holds it hears of changes.
using watch_handle = std::shared_ptr<const void>;

/// What stands behind the protocol. Any thread may call, and none is blocked.
class service {
public:
  virtual ~service() = default;

  virtual implementation name() const = 0;

  /// What it can do, as the JSON object that `initialize` has.
  virtual std::string capabilities() const = 0;

  /// For the model that uses it.
  virtual std::string instructions() const = 0;

  /// Answers what is neither about the connection nor about changes.
  virtual void serve(call what, exchange_ptr answer) = 0;

  /// Tells *to* of changes, on any thread, for as long as somebody holds the
  /// handle. `not_found` or `denied` if *who* may not look at a resource.
  virtual caf::expected<watch_handle>
  watch(const call& who, const change_filter& what, change_listener to) = 0;
};

} // namespace machine::gateway::mcp
