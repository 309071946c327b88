// Bytes of a client of HTTP, after one that says how they are cut: a request as
// the gateway reads it. However it comes, the same is found; what is taken has
// one length that everybody sees, and no value of several lines.

#include "gateway/http/head.hpp"
#include "gateway/http/request_id.hpp"
#include "gateway/http/tags.hpp"
#include "gateway/websocket/handshake.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/asio/buffer.hpp>

#include <string>

using namespace machine;
using namespace machine::gateway;
using fuzz::require;

namespace http = boost::beast::http;

namespace {

/// What was found, as text.
struct finding {
  std::string what;
  bool is_request = false;

  bool operator==(const finding&) const = default;
};

void check_upgrade(const request_parser& parser) {
  auto& head = parser.get();
  auto headers = [&head](std::string_view name) {
    std::vector<std::string_view> result;
    auto [first, last] = head.equal_range(name);
    for (; first != last; ++first)
      result.push_back(first->value());
    return result;
  };
  auto found = websocket::check_upgrade(
    {head.method_string(), head.version(), headers}, {"one", "two"});
  if (auto* no = std::get_if<websocket::refused>(&found))
    require(no->status >= 400 && no->status < 500);
  else
    require(std::get<websocket::accepted>(found).headers.size() >= 3);
}

void check_head(const request_parser& parser) {
  auto& head = parser.get();
  auto chunked = head.count(http::field::transfer_encoding);
  require(head.count(http::field::content_length) + chunked <= 1);
  require(chunked == 0 || (parser.chunked() && head.version() == 11));
  for (auto& field : head)
    require(field.value().find_first_of(std::string_view{"\r\n\0", 3})
            == std::string_view::npos);
  check_upgrade(parser);
  auto id = request_id_of(head["x-request-id"]);
  require(!id.empty() && id.size() <= 64);
  auto known = head[http::field::if_none_match];
  auto tag = tag_of(id);
  require(!has_tag(known, tag, comparison::strong)
          || has_tag(known, tag, comparison::weak));
}

finding read(std::string_view bytes, size_t piece) {
  request_parser parser;
  parser.header_limit(max_header);
  parser.body_limit(1'000);
  parser.eager(true);
  std::string held;
  boost::beast::error_code code;
  auto seen_head = false;
  while (!parser.is_done()) {
    if (!held.empty()) {
      auto taken = parser.put(boost::asio::buffer(held), code);
      require(taken <= held.size());
      held.erase(0, taken);
      if (parser.is_header_done() && !std::exchange(seen_head, true)) {
        if (check_length(parser.get()))
          return {"another length", false};
        check_head(parser);
      }
      if (code && code != http::error::need_more)
        return {code.message(), false};
      if (!code && taken > 0)
        continue;
    }
    if (bytes.empty() || parser.is_done())
      break;
    auto next = bytes.substr(0, piece);
    held += next;
    bytes.remove_prefix(next.size());
  }
  if (!parser.is_done())
    return {"more is needed", false};
  auto& whole = parser.get();
  require(whole.body().size() <= 1'000);
  return {std::string{whole.method_string()} + " " + std::string{whole.target()}
            + "\n" + whole.body(),
          true};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::input from{data, size};
  auto piece = size_t{1} + from.byte() % 24;
  auto whole = read(from.text(), from.text().size());
  auto cut = read(from.text(), piece);
  // Which of two mistakes is found first is up to how it comes.
  require(whole.is_request == cut.is_request);
  if (whole.is_request)
    require(whole.what == cut.what);
  return 0;
}
