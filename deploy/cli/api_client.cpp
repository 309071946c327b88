#include "deploy/cli/api_client.hpp"

#include "deploy/cli/text.hpp"
#include "runtime/net/sse.hpp"
#include "runtime/wire/wire.hpp"

#include <array>
#include <fstream>
#include <iterator>

namespace machine::cli {

namespace {

struct endpoint_file {
  std::string url;
  std::string token;
  std::optional<bool> transient;
  std::optional<std::string> certificate;

  static constexpr const char* wire_name = "endpoint";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"url", &endpoint_file::url},
      wire::field{"token", &endpoint_file::token},
      wire::field{"transient", &endpoint_file::transient},
      wire::field{"certificate", &endpoint_file::certificate});
  }
};

struct problem_document {
  std::optional<std::string> title;
  std::optional<std::string> code;
  std::optional<std::string> detail;

  static constexpr const char* wire_name = "problem";

  static constexpr auto fields() {
    return wire::members(wire::field{"title", &problem_document::title},
                         wire::field{"code", &problem_document::code},
                         wire::field{"detail", &problem_document::detail});
  }
};

ec code_for(int status) {
  switch (status) {
    case 400: return ec::invalid_argument;
    case 401: return ec::unauthenticated;
    case 403: return ec::denied;
    case 402: return ec::budget_exceeded;
    case 404: return ec::not_found;
    case 409: return ec::conflict;
    case 413: return ec::limit_exceeded;
    case 412: return ec::changed;
    case 429: return ec::rate_limited;
    case 422: return ec::no_model;
    case 503: return ec::unavailable;
    case 504: return ec::timeout;
    case 507: return ec::storage_full;
    default: return ec::internal;
  }
}

constexpr size_t max_endpoint_file = 64u << 10;

/// An answer, and a sign of life now and then for longer than anybody waits.
constexpr size_t max_stream_bytes = 32u << 20;

} // namespace

caf::expected<endpoint> read_endpoint(const std::string& data_dir) {
  auto path = data_dir + "/endpoint.json";
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return make_error(ec::not_found, "no machine is up for " + data_dir);
  std::string text(max_endpoint_file, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  auto read = wire::from_json<endpoint_file>(text);
  auto is_sound = read && read->url.starts_with("http")
               && read->token.find_first_of("\r\n") == std::string::npos;
  if (!is_sound)
    return make_error(ec::corrupt,
                      path
                        + " does not say where the machine listens; stop the "
                          "machine, delete the file and start it again");
  while (read->url.ends_with('/'))
    read->url.pop_back();
  return endpoint{std::move(read->url),
                  std::move(read->token),
                  read->transient.value_or(false),
                  read->certificate.value_or(std::string{}),
                  {}};
}

net::request make_request(const endpoint& where, std::string method,
                          const std::string& path) {
  net::request result;
  result.method = std::move(method);
  result.url = where.url + path;
  result.headers = {{"Authorization", "Bearer " + where.token},
                    {"Accept", "application/json"}};
  if (!where.tenant.empty())
    result.headers.emplace_back("X-Tenant", where.tenant);
  result.connect_timeout = duration{5'000};
  result.idle_timeout = duration{60'000};
  result.total_timeout = duration{120'000};
  result.addresses = net::address_policy::any;
  result.ca_file = where.certificate;
  return result;
}

caf::error problem_of(int status, std::string_view body) {
  auto read = wire::from_json<problem_document>(body);
  auto code =
    read && read->code ? ec_from_string(*read->code) : code_for(status);
  std::string text;
  if (read)
    text = read->detail && !read->detail->empty()
           ? *read->detail
           : read->title.value_or(std::string{});
  if (text.empty())
    text = "the machine answered with HTTP status " + std::to_string(status);
  return make_error(code, printable(text));
}

caf::expected<std::string> api_client::send(net::request what) const {
  auto answer = http_->fetch(std::move(what));
  if (!answer)
    return std::move(answer.error());
  if (answer->head.status < 200 || answer->head.status > 299)
    return problem_of(answer->head.status, answer->body);
  return std::move(answer->body);
}

caf::expected<std::string> api_client::get(const std::string& path,
                                           size_t max_bytes) const {
  auto what = make_request(where_, "GET", path);
  what.max_response_bytes = max_bytes;
  return send(std::move(what));
}

caf::expected<std::string> api_client::post(const std::string& path,
                                            std::string body) const {
  auto what = make_request(where_, "POST", path);
  what.headers.emplace_back("Content-Type", "application/json");
  what.body = std::move(body);
  return send(std::move(what));
}

caf::expected<std::string> api_client::patch(const std::string& path,
                                             std::string body) const {
  auto what = make_request(where_, "PATCH", path);
  what.headers.emplace_back("Content-Type", "application/json");
  what.body = std::move(body);
  return send(std::move(what));
}

caf::expected<std::string> api_client::put(const std::string& path,
                                           std::string body,
                                           const std::string& tag) const {
  auto what = make_request(where_, "PUT", path);
  what.headers.emplace_back("Content-Type", "application/json");
  if (!tag.empty())
    what.headers.emplace_back("If-Match", tag);
  what.body = std::move(body);
  return send(std::move(what));
}

caf::expected<std::string> api_client::remove(const std::string& path) const {
  return send(make_request(where_, "DELETE", path));
}

caf::expected<std::string> api_client::work(const std::string& path,
                                            std::string body) const {
  auto what = make_request(where_, "POST", path);
  what.headers.emplace_back("Content-Type", "application/json");
  what.body = std::move(body);
  what.idle_timeout = longest_silence;
  what.total_timeout = duration{std::chrono::hours{24}};
  what.max_response_bytes = max_stream_bytes;
  auto answer = send(std::move(what));
  if (!answer)
    return std::move(answer.error());
  net::sse_parser parser;
  auto events = parser.feed(*answer);
  if (!events)
    return std::move(events.error());
  for (auto& x : *events) {
    if (x.event == "result")
      return std::move(x.data);
    if (x.event == "problem")
      return problem_of(0, x.data);
  }
  return make_error(ec::unavailable,
                    "the machine went away before this was done; try again");
}

caf::expected<api_client> find_machine(net::client& http,
                                       const std::string& data_dir) {
  auto where = read_endpoint(data_dir);
  if (!where) {
    if (code_of(where.error()) != ec::not_found)
      return std::move(where.error());
    return make_error(ec::unavailable, message_of(where.error())
                                         + "; start one with `themachine up`");
  }
  api_client result{http, std::move(*where)};
  auto what = make_request(result.where(), "GET", "/api/v1/info");
  what.connect_timeout = duration{2'000};
  what.idle_timeout = duration{5'000};
  auto answer = http.fetch(std::move(what));
  if (answer && answer->head.status == 200)
    return result;
  return make_error(ec::unavailable,
                    answer
                      ? "what listens at " + result.where().url
                          + " is not the machine of " + data_dir
                      : "the machine that was up at " + result.where().url
                          + " does not answer; start one with `themachine up`");
}

std::string escape(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (auto c : text) {
    auto x = static_cast<unsigned char>(c);
    auto plain = (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z')
              || (x >= '0' && x <= '9') || x == '-' || x == '.' || x == '_'
              || x == '~';
    if (plain) {
      result += c;
    } else {
      result += '%';
      result += digits[x >> 4];
      result += digits[x & 15];
    }
  }
  return result;
}

} // namespace machine::cli
