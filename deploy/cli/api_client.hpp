#pragma once

#include "runtime/error.hpp"
#include "runtime/net/client.hpp"

#include <string>
#include <string_view>

namespace machine::cli {

/// Where a machine listens, and the word that lets us in.
struct endpoint {
  std::string url;
  std::string token;
  /// It serves one command and ends with it.
  bool transient = false;
  /// The PEM file of the certificate that it made for itself; empty: one that
  /// the system's authorities know.
  std::string certificate;
  /// In which to act; empty: that of the token.
  std::string tenant;

  bool operator==(const endpoint&) const = default;
};

/// The endpoint that the machine of *data_dir* wrote down. `not_found` if
/// there is none, `corrupt` if the file makes no sense.
caf::expected<endpoint> read_endpoint(const std::string& data_dir);

/// Of a stream of events; the machine sends a sign of life every ten seconds.
constexpr duration longest_silence{35'000};

/// Calls the machine's REST API. Every member waits for the answer.
class api_client {
public:
  api_client(net::client& http, endpoint where)
      : http_(&http), where_(std::move(where)) {}

  const endpoint& where() const {
    return where_;
  }

  /// The body of the answer. Errors are those of the machine, read from its
  /// problem document, or those of the connection.
  caf::expected<std::string> get(const std::string& path,
                                 size_t max_bytes = 64u << 20) const;

  caf::expected<std::string> post(const std::string& path,
                                  std::string body) const;

  caf::expected<std::string> patch(const std::string& path,
                                   std::string body) const;

  /// @param tag What the machine said that it is now: whoever else has changed
  /// it meanwhile makes it fail with `changed`. Empty: whatever it is.
  caf::expected<std::string> put(const std::string& path, std::string body,
                                 const std::string& tag = {}) const;

  caf::expected<std::string> remove(const std::string& path) const;

  /// Has the machine do what may take minutes, and waits: the data of the event
  /// `result` with which its stream of events ends. `unavailable` if the
  /// machine went away meanwhile.
  caf::expected<std::string> work(const std::string& path,
                                  std::string body) const;

private:
  caf::expected<std::string> send(net::request what) const;

  net::client* http_;
  endpoint where_;
};

/// The machine of *data_dir*, if one is up and lets us in. Otherwise
/// `unavailable`, or `corrupt` if what it wrote down makes no sense.
caf::expected<api_client> find_machine(net::client& http,
                                       const std::string& data_dir);

/// A request to *where* with its credentials.
net::request make_request(const endpoint& where, std::string method,
                          const std::string& path);

/// The error that an answer other than 2xx stands for.
caf::error problem_of(int status, std::string_view body);

/// *text* as a part of a path or query (RFC 3986).
std::string escape(std::string_view text);

} // namespace machine::cli
