#pragma once

#include "runtime/net/client.hpp"
#include "runtime/net/proxy.hpp"

#include <curl/curl.h>

#include <chrono>

/// One request as libcurl sees it. Included by the client alone.
namespace machine::net {

/// Why our own callbacks ended a transfer.
enum class abort_reason : uint8_t {
  none,
  size,
  headers,
  address,
  idle,
  /// libcurl was about to send what must not be sent twice.
  again,
  /// Whoever asked did not let it go.
  held,
};

/// The host of *url*, without what may be secret in the rest.
std::string host_of(const std::string& url);

class transfer {
public:
  transfer(client::request_id id, request what, handlers how);

  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;
  ~transfer();

  /// Prepares the handle. The error names what is wrong with the request.
  caf::error prepare(const client_options& options, const proxy_rules& proxies);

  /// Whether this round only finds out which addresses a name has that is
  /// reached through a proxy, so that the policy can judge them.
  bool judging() const {
    return judging_;
  }

  /// Ends that round, which ended with *code*; without an error the transfer
  /// itself may begin.
  caf::error judge(CURLcode code);

  /// When the whole is due.
  std::chrono::steady_clock::time_point deadline() const {
    return started_ + what_.total_timeout;
  }

  CURL* handle() const {
    return handle_;
  }

  client::request_id id() const {
    return id_;
  }

  /// Tells the handlers how it ended; only the first call counts.
  void finish(caf::error why);

  /// The error that libcurl's *code* means for this transfer.
  caf::error to_error(CURLcode code) const;

private:
  static size_t on_header(char* data, size_t size, size_t count, void* self);
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t,
                         curl_off_t uploaded);
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* to);

  static int on_connected(void* self, char* ip, char*, int, int);

  caf::error check_request() const;
  caf::error choose_proxy(const proxy_rules& proxies);

  size_t take_header(std::string_view line);
  size_t take_body(std::string_view data);

  client::request_id id_;
  request what_;
  handlers how_;
  CURL* handle_ = nullptr;
  curl_slist* headers_ = nullptr;
  response_head head_;
  std::string proxy_;
  bool judging_ = false;
  /// Whether a name that is being judged has any address.
  bool has_address_ = false;
  /// A connection stood, and the request was about to be sent over it.
  bool connected_ = false;
  bool head_told_ = false;
  bool finished_ = false;
  size_t header_bytes_ = 0;
  size_t received_ = 0;
  /// Bytes of requests, those to a proxy too, before this one was sent.
  long sent_before_ = 0;
  curl_off_t uploaded_ = 0;
  abort_reason aborted_ = abort_reason::none;
  /// Why it was held.
  caf::error held_;
  const std::chrono::steady_clock::time_point started_ =
    std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_activity_ = started_;
};

} // namespace machine::net
