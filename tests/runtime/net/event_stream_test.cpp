#include "runtime/net/event_stream.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace machine;
using namespace machine::net;

namespace {

event_message event(const std::string& kind, const std::string& payload) {
  return {{{":message-type", "event"}, {":event-type", kind}}, payload};
}

using messages = std::vector<event_message>;

/// What is read if *stream* comes in pieces of these sizes.
caf::expected<messages> read(std::string_view stream,
                             const std::vector<size_t>& sizes = {}) {
  event_stream_parser parser;
  messages result;
  for (size_t i = 0; !stream.empty(); ++i) {
    auto size =
      i < sizes.size() ? std::max<size_t>(sizes[i], 1) : stream.size();
    auto found = parser.feed(stream.substr(0, size));
    if (!found)
      return std::move(found.error());
    result.insert(result.end(), found->begin(), found->end());
    stream.remove_prefix(std::min(size, stream.size()));
  }
  return result;
}

ec problem(std::string_view stream) {
  auto x = read(stream);
  return x ? ec::none : code_of(x.error());
}

/// A message whose headers are *headers*, as they stand in the stream.
std::string with_headers(const std::string& headers) {
  auto number = [](uint32_t x) {
    std::string out;
    for (int i = 3; i >= 0; --i)
      out += static_cast<char>(x >> (8 * i) & 0xFF);
    return out;
  };
  auto size = static_cast<uint32_t>(headers.size());
  auto out = number(16 + size) + number(size);
  out += number(crc32(out));
  out += headers;
  return out + number(crc32(out));
}

} // namespace

TEST_CASE("the checksum is that of zlib") {
  // The check value of CRC-32/ISO-HDLC.
  CHECK(crc32("123456789") == 0xCBF43926);
  CHECK(crc32("") == 0);
}

TEST_CASE("a message is read byte by byte as AWS writes it") {
  // The empty message of the test vectors of Smithy's event stream encoding.
  std::string_view empty{"\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb"
                         "\x7d\x98\xc8\xff",
                         16};
  auto x = read(empty);
  REQUIRE(x);
  CHECK(*x == messages{event_message{}});
  CHECK(encode_event_message({}) == empty);
}

TEST_CASE("it does not matter how a stream was cut into pieces") {
  messages all{event("messageStart", R"({"role":"assistant"})"),
               event("contentBlockDelta", R"({"delta":{"text":"Hi"}})"),
               event("messageStop", "")};
  std::string stream;
  for (auto& x : all)
    stream += encode_event_message(x);
  CHECK(rc::check([&](const std::vector<uint8_t>& sizes) {
    auto x = read(stream, {sizes.begin(), sizes.end()});
    RC_ASSERT(static_cast<bool>(x));
    RC_ASSERT(*x == all);
  }));
  event_stream_parser parser;
  CHECK(parser.at_boundary());
  REQUIRE(parser.feed(std::string_view{stream}.substr(0, 20)));
  CHECK(!parser.at_boundary());
}

TEST_CASE("a changed byte is found, wherever it is") {
  auto stream = encode_event_message(event("messageStop", R"({"a":1})"));
  for (size_t i = 0; i < stream.size(); ++i) {
    auto changed = stream;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CAPTURE(i);
    CHECK(problem(changed) == ec::corrupt);
  }
}

TEST_CASE("headers that are no texts are skipped") {
  auto header = [](char kind, const std::string& value) {
    return "\1n" + std::string(1, kind) + value;
  };
  std::string all;
  for (auto& [kind, size] : std::vector<std::pair<char, size_t>>{
         {0, 0}, {1, 0}, {2, 1}, {3, 2}, {4, 4}, {5, 8}, {8, 8}, {9, 16}})
    all += header(kind, std::string(size, 'x'));
  all += header(6, std::string("\0\3abc", 5));
  all += header(7, std::string("\0\2ok", 4));
  auto x = read(with_headers(all));
  REQUIRE(x);
  CHECK(x->front().headers == event_message{{{"n", "ok"}}, ""}.headers);
  CHECK(x->front().header("n") == "ok");
  CHECK(!x->front().header("m"));
}

TEST_CASE("headers that do not fit are refused") {
  for (auto& x : std::vector<std::string>{
         "\1", "\1n", std::string("\0", 1), "\1n\12", "\1n\7", "\5nn",
         std::string("\1n\7\0\5abc", 8), std::string("\1n\7\0", 4)})
    CHECK(problem(with_headers(x)) == ec::corrupt);
}

TEST_CASE("a message is bounded before it has come") {
  auto prelude = [](const std::string& lengths) {
    auto sum = crc32(lengths);
    auto out = lengths;
    for (int i = 3; i >= 0; --i)
      out += static_cast<char>(sum >> (8 * i) & 0xFF);
    return out;
  };
  CHECK(problem(prelude(std::string("\x7F\0\0\0\0\0\0\0", 8)))
        == ec::limit_exceeded);
  CHECK(problem(prelude(std::string("\0\x7F\0\0\0\x10\0\0", 8)))
        == ec::limit_exceeded);
  // Shorter than its own parts.
  CHECK(problem(prelude(std::string("\0\0\0\x0F\0\0\0\0", 8))) == ec::corrupt);
  CHECK(problem(prelude(std::string("\0\0\0\x20\0\0\0\x11", 8)))
        == ec::corrupt);
}

TEST_CASE("no bytes harm the reader") {
  auto stream = encode_event_message(event("messageStop", R"({"a":1})"));
  CHECK(rc::check([&](const std::vector<uint8_t>& noise, uint8_t at) {
    auto changed = stream.substr(0, at % stream.size());
    changed.append(noise.begin(), noise.end());
    (void)read(changed);
  }));
}
