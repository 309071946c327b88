#include "runtime/net/transfer.hpp"

#include "runtime/net/address.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

namespace machine::net {

namespace {

constexpr size_t max_headers = 256;
constexpr size_t max_header_bytes = 64u << 10;

bool has_control(std::string_view x) {
  return std::any_of(x.begin(), x.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

bool is_method(std::string_view x) {
  return !x.empty() && std::all_of(x.begin(), x.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
  });
}

/// A part of *url* as libcurl understands it; empty if there is none.
std::string part_of(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, 0) != CURLUE_OK)
    return {};
  std::string result{text};
  curl_free(text);
  return result;
}

} // namespace

std::optional<std::string> response_head::header(std::string_view name) const {
  for (auto& [key, value] : headers)
    if (key == name)
      return value;
  return std::nullopt;
}

transfer::transfer(client::request_id id, request what, handlers how)
    : id_(id), what_(std::move(what)), how_(std::move(how)) {}

transfer::~transfer() {
  curl_slist_free_all(headers_);
  if (handle_ != nullptr)
    curl_easy_cleanup(handle_);
}

caf::error transfer::check_request() const {
  auto bad = [](std::string what) {
    return make_error(ec::invalid_argument, std::move(what));
  };
  if (!what_.url.starts_with("http://") && !what_.url.starts_with("https://"))
    return bad("\"" + what_.url.substr(0, 100)
               + "\" is no address of the form http://... or https://...");
  if (has_control(what_.url) || !is_method(what_.method))
    return bad("the request's method or address has characters that it "
               "cannot have");
  for (auto& [name, value] : what_.headers)
    if (name.empty() || has_control(name) || has_control(value)
        || name.find(':') != std::string::npos)
      return bad("the header \"" + name.substr(0, 50)
                 + "\" has characters that a header cannot have");
  return caf::none;
}

/// Behind a proxy we connect to the proxy, whose address says nothing of the
/// target: an address in the URL is judged here, a name in a round of its own.
caf::error transfer::choose_proxy(const proxy_rules& proxies) {
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url{curl_url(),
                                                          &curl_url_cleanup};
  if (curl_url_set(url.get(), CURLUPART_URL, what_.url.c_str(), 0) != CURLUE_OK)
    return to_error(CURLE_URL_MALFORMAT);
  auto host = part_of(url.get(), CURLUPART_HOST);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  proxy_ = proxy_for(proxies, part_of(url.get(), CURLUPART_SCHEME), host);
  if (proxy_.empty() || what_.addresses == address_policy::any)
    return caf::none;
  if (!is_address(host)) {
    judging_ = true;
    return caf::none;
  }
  if (allows(what_.addresses, host))
    return caf::none;
  aborted_ = abort_reason::address;
  return to_error(CURLE_COULDNT_CONNECT);
}

caf::error transfer::judge(CURLcode code) {
  judging_ = false;
  if (aborted_ == abort_reason::address || code == CURLE_OPERATION_TIMEDOUT)
    return to_error(code);
  if (!has_address_)
    return make_error(ec::denied,
                      host_of(what_.url)
                        + " is reached through a proxy, and its addresses "
                          "cannot be found out from here; net.allow_private = "
                          "true leaves them to the proxy");
  curl_easy_setopt(handle_, CURLOPT_PROXY, proxy_.c_str());
  curl_easy_setopt(handle_, CURLOPT_FRESH_CONNECT, 0L);
  return caf::none;
}

caf::error transfer::prepare(const client_options& options,
                             const proxy_rules& proxies) {
  if (auto problem = check_request())
    return problem;
  if (auto problem = choose_proxy(proxies))
    return problem;
  handle_ = curl_easy_init();
  if (handle_ == nullptr)
    return make_error(ec::internal, "libcurl gives no handle");
  for (auto& [name, value] : what_.headers) {
    // A header without a value needs a semicolon to be sent.
    auto line = value.empty() ? name + ";" : name + ": " + value;
    headers_ = curl_slist_append(headers_, line.c_str());
  }
  // No waiting for permission to send a body.
  headers_ = curl_slist_append(headers_, "Expect:");
  auto* h = handle_;
  curl_easy_setopt(h, CURLOPT_URL, what_.url.c_str());
  curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  // Or a request that ends while its name is looked up would hold up all
  // others until the lookup ends.
  curl_easy_setopt(h, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(h, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(h, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  // Empty is no proxy, whatever the environment says.
  curl_easy_setopt(h, CURLOPT_PROXY, judging_ ? "" : proxy_.c_str());
  curl_easy_setopt(h, CURLOPT_NOPROXY, "");
  // An open connection would tell nothing of the name's addresses.
  curl_easy_setopt(h, CURLOPT_FRESH_CONNECT, judging_ ? 1L : 0L);
  auto& authorities = what_.ca_file.empty() ? options.ca_file : what_.ca_file;
  if (!authorities.empty())
    curl_easy_setopt(h, CURLOPT_CAINFO, authorities.c_str());
  if (what_.method == "HEAD")
    curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
  else if (what_.method != "GET" || !what_.body.empty()) {
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(what_.body.size()));
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, what_.body.c_str());
    curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, what_.method.c_str());
  }
  curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(what_.connect_timeout.count()));
  curl_easy_setopt(h, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(what_.total_timeout.count()));
  curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, &transfer::on_header);
  curl_easy_setopt(h, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, &transfer::on_body);
  curl_easy_setopt(h, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, &transfer::on_progress);
  curl_easy_setopt(h, CURLOPT_XFERINFODATA, this);
  curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, &transfer::on_socket);
  curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, &transfer::on_connected);
  curl_easy_setopt(h, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(h, CURLOPT_PRIVATE, this);
  return caf::none;
}

size_t transfer::on_header(char* data, size_t size, size_t count, void* self) {
  return static_cast<transfer*>(self)->take_header({data, size * count});
}

size_t transfer::on_body(char* data, size_t size, size_t count, void* self) {
  return static_cast<transfer*>(self)->take_body({data, size * count});
}

int transfer::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t,
                          curl_off_t uploaded) {
  auto& me = *static_cast<transfer*>(self);
  auto now = std::chrono::steady_clock::now();
  // Until the connection stands, the time to connect is the bound.
  if (!me.connected_ || std::exchange(me.uploaded_, uploaded) != uploaded)
    me.last_activity_ = now;
  if (now - me.last_activity_ <= me.what_.idle_timeout)
    return 0;
  me.aborted_ = abort_reason::idle;
  return 1;
}

curl_socket_t transfer::on_socket(void* self, curlsocktype, curl_sockaddr* to) {
  auto& me = *static_cast<transfer*>(self);
  // A proxy is the operator's choice, and not the request's.
  auto proxied = !me.proxy_.empty() && !me.judging_;
  if (!proxied && !allows(me.what_.addresses, to->addr)) {
    me.aborted_ = abort_reason::address;
    return CURL_SOCKET_BAD;
  }
  me.has_address_ = true;
  if (me.judging_)
    return CURL_SOCKET_BAD;
  // What another address of the host was refused for is past.
  me.aborted_ = abort_reason::none;
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/// Called each time that a connection stands and the request is about to be
/// sent: also over a pooled connection, which was opened for somebody else
/// under a policy that may have allowed more, and also when libcurl sends once
/// more what it had sent over a pooled connection that was closed unanswered.
int transfer::on_connected(void* self, char* ip, char*, int, int) {
  auto& me = *static_cast<transfer*>(self);
  if (me.proxy_.empty() && !allows(me.what_.addresses, std::string_view{ip})) {
    me.aborted_ = abort_reason::address;
    return CURL_PREREQFUNC_ABORT;
  }
  long sent = 0;
  curl_easy_getinfo(me.handle_, CURLINFO_REQUEST_SIZE, &sent);
  auto repeatable = me.what_.method == "GET" || me.what_.method == "HEAD";
  if (me.connected_ && sent != me.sent_before_ && !repeatable) {
    me.aborted_ = abort_reason::again;
    return CURL_PREREQFUNC_ABORT;
  }
  if (me.how_.on_connected)
    me.held_ = me.how_.on_connected();
  if (me.held_) {
    me.aborted_ = abort_reason::held;
    return CURL_PREREQFUNC_ABORT;
  }
  me.connected_ = true;
  me.sent_before_ = sent;
  me.last_activity_ = std::chrono::steady_clock::now();
  return CURL_PREREQFUNC_OK;
}

size_t transfer::take_header(std::string_view line) {
  last_activity_ = std::chrono::steady_clock::now();
  auto size = line.size();
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n'))
    line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    // Also after an informational answer.
    head_ = {};
    return size;
  }
  if (line.empty()) {
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && !head_told_) {
      head_.status = static_cast<int>(status);
      head_told_ = true;
      if (how_.on_head)
        how_.on_head(head_);
    }
    return size;
  }
  auto colon = line.find(':');
  if (colon == line.npos || head_told_)
    return size;
  header_bytes_ += size;
  if (head_.headers.size() >= max_headers || header_bytes_ > max_header_bytes) {
    aborted_ = abort_reason::headers;
    return 0;
  }
  std::string name{line.substr(0, colon)};
  for (auto& c : name)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  auto value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  head_.headers.emplace_back(std::move(name), std::string{value});
  return size;
}

size_t transfer::take_body(std::string_view data) {
  last_activity_ = std::chrono::steady_clock::now();
  received_ += data.size();
  if (received_ > what_.max_response_bytes) {
    aborted_ = abort_reason::size;
    return 0;
  }
  if (how_.on_data)
    how_.on_data(data);
  return data.size();
}

void transfer::finish(caf::error why) {
  if (std::exchange(finished_, true))
    return;
  how_.on_done(std::move(why));
}

} // namespace machine::net
