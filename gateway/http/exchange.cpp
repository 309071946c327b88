#include "gateway/http/exchange.hpp"

#include "runtime/wire/wire.hpp"

namespace machine::gateway {

namespace {

std::string_view title_of(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 507: return "Insufficient Storage";
    default: return "Internal Server Error";
  }
}

std::string lookup(const std::map<std::string, std::string>& in,
                   const std::string& name, const std::string& usual) {
  auto i = in.find(name);
  return i == in.end() ? usual : i->second;
}

} // namespace

std::string http_request::query_or(const std::string& name,
                                   const std::string& usual) const {
  return lookup(query, name, usual);
}

std::string http_request::header_or(const std::string& name,
                                    const std::string& usual) const {
  return lookup(headers, name, usual);
}

int status_of(const caf::error& why) {
  switch (code_of(why)) {
    case ec::invalid_argument: return 400;
    case ec::not_found: return 404;
    case ec::conflict:
    case ec::fenced:
    case ec::locked: return 409;
    case ec::denied: return 403;
    case ec::unauthenticated: return 401;
    case ec::rate_limited: return 429;
    case ec::changed: return 412;
    case ec::limit_exceeded: return 413;
    case ec::budget_exceeded:
    case ec::unknown_price: return 402;
    case ec::no_model: return 422;
    case ec::unavailable:
    case ec::overloaded: return 503;
    case ec::timeout: return 504;
    case ec::storage_full: return 507;
    default: return 500;
  }
}

std::string problem_document(const caf::error& why, int status) {
  return R"({"type":"about:blank","title":)"
       + wire::to_json(std::string{title_of(status)}) + R"(,"status":)"
       + std::to_string(status) + R"(,"code":)"
       + wire::to_json(to_string(code_of(why))) + R"(,"detail":)"
       + wire::to_json(message_of(why)) + "}";
}

http_answer problem_answer(const caf::error& why) {
  auto status = status_of(why);
  return {status,
          "application/problem+json",
          problem_document(why, status),
          {},
          to_string(code_of(why))};
}

void responder::open_socket(std::vector<std::string>, socket_maker) {
  problem(make_error(ec::invalid_argument,
                     "a WebSocket needs a connection of its own"));
}

void responder::problem(const caf::error& why) {
  answer(problem_answer(why));
}

} // namespace machine::gateway
