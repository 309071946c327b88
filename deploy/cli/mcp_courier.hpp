#pragma once

#include "deploy/cli/api_client.hpp"
#include "gateway/mcp/message.hpp"
#include "runtime/net/sse.hpp"

#include <optional>
#include <string>

namespace machine::cli {

/// What a client of MCP has agreed upon with the machine, if it has.
struct mcp_terms {
  std::string session;
  std::string version;

  bool operator==(const mcp_terms&) const = default;
};

/// The request that brings *text*, which says *what*, to the machine *where*.
net::request mcp_post(const endpoint& where, const mcp_terms& terms,
                      const gateway::mcp::message& what, std::string text);

/// The request for what the machine says by itself in a session.
net::request mcp_listen(const endpoint& where, const mcp_terms& terms);

/// The request that ends a session.
net::request mcp_leave(const endpoint& where, const mcp_terms& terms);

/// The revision that an answer to `initialize` names; empty: none.
std::string version_in(std::string_view answer);

/// The request, as JSON, that *what* calls off; none: it calls none off.
std::optional<std::string> called_off(const gateway::mcp::message& what);

/// Makes messages of an answer, however it comes.
class mcp_answer {
public:
  /// Reads its head.
  void begin(const net::response_head& head);

  /// The messages that *data* completes, each on one line.
  caf::expected<std::vector<std::string>> feed(std::string_view data);

  /// The message that was complete with the end; none: there was none.
  std::optional<std::string> end();

  int status() const {
    return status_;
  }

  /// Of the session that it began; empty: it began none.
  const std::string& session() const {
    return session_;
  }

  /// What it says if it is no message.
  const std::string& body() const {
    return body_;
  }

private:
  int status_ = 0;
  bool is_stream_ = false;
  std::string session_;
  std::string body_;
  net::sse_parser events_;
};

/// The answer that a client gets to *id* when the machine gives none.
std::string mcp_failure(const std::string& id, const caf::error& why);

} // namespace machine::cli
