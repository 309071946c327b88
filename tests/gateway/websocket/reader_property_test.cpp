#include "tests/gateway/websocket/client.hpp"
#include "tests/support/arbitrary.hpp"
#include "tests/support/draw.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::websocket;
using namespace machine::test;

namespace {

using events = std::vector<event>;

std::string random_bytes(size_t longest) {
  std::string result(draw<size_t>(0, longest + 1), ' ');
  for (auto& x : result)
    x = static_cast<char>(draw(0, 256));
  return result;
}

mask_key random_mask() {
  mask_key result{};
  for (auto& x : result)
    x = static_cast<uint8_t>(draw(0, 256));
  return result;
}

/// What a client sends, and what it means.
struct conversation {
  std::string bytes;
  events meaning;
};

void add_control_frame(conversation& to) {
  auto payload = random_bytes(chance(4) ? max_control_bytes : 8);
  if (chance(2)) {
    to.bytes += client_frame(0x89, payload, random_mask());
    to.meaning.emplace_back(ping_frame{payload});
  } else {
    to.bytes += client_frame(0x8A, payload, random_mask());
    to.meaning.emplace_back(pong_frame{payload});
  }
}

void add_message(conversation& to) {
  auto kind = chance(2) ? opcode::text : opcode::binary;
  auto payload = kind == opcode::text ? random_text() : random_bytes(40);
  if (chance(8))
    payload = std::string(draw<size_t>(100, 70'000), 'x');
  auto first = static_cast<uint8_t>(kind);
  std::string_view left{payload};
  while (!chance(3)) {
    auto size = draw<size_t>(0, left.size() + 1);
    to.bytes += client_frame(first, left.substr(0, size), random_mask());
    left.remove_prefix(size);
    first = 0;
    if (chance(3))
      add_control_frame(to);
  }
  to.bytes += client_frame(0x80 | first, left, random_mask());
  to.meaning.emplace_back(message{kind, payload});
}

conversation random_conversation() {
  conversation result;
  for (auto count = draw(0, 6); count > 0; --count) {
    if (chance(3))
      add_control_frame(result);
    else
      add_message(result);
  }
  return result;
}

/// Reads *bytes* in pieces of up to *longest*, and checks the bound on memory
/// after each.
events read_in_pieces(std::string_view bytes, size_t longest,
                      reader_limits limits = {}) {
  reader by{limits};
  // Short strings hold some bytes without allocating them.
  auto most = std::max(limits.max_message_bytes, std::string{}.capacity())
            + max_control_bytes;
  events result;
  while (!bytes.empty() && !by.is_done()) {
    auto piece = bytes.substr(0, draw<size_t>(1, longest + 1));
    auto [taken, found] = by.read(piece);
    RC_ASSERT(found || by.is_done() || taken == piece.size());
    RC_ASSERT(by.held_bytes() <= most);
    bytes.remove_prefix(taken);
    if (found)
      result.push_back(std::move(*found));
  }
  return result;
}

} // namespace

TEST_CASE("every conversation comes out as it went in, whatever its pieces") {
  CHECK(rc::check([] {
    auto [bytes, meaning] = random_conversation();
    RC_ASSERT(read_all(bytes) == meaning);
    RC_ASSERT(read_in_pieces(bytes, chance(2) ? 8 : 5'000) == meaning);
  }));
}

TEST_CASE("a verdict does not depend on the pieces") {
  CHECK(rc::check([] {
    auto bytes = random_conversation().bytes;
    for (auto count = draw(1, 4); count > 0 && !bytes.empty(); --count) {
      // Most rules are about the first bytes of a frame.
      auto end = chance(2) ? std::min<size_t>(bytes.size(), 16) : bytes.size();
      bytes[draw<size_t>(0, end)] = static_cast<char>(draw(0, 256));
    }
    reader_limits limits{.max_message_bytes = draw<size_t>(16, 1'000),
                         .max_fragments = draw<size_t>(1, 5)};
    auto whole = read_all(bytes, limits);
    RC_ASSERT(read_in_pieces(bytes, 1, limits) == whole);
    RC_ASSERT(read_in_pieces(bytes, 50, limits) == whole);
  }));
}

TEST_CASE("garbage is refused, and memory keeps its bound") {
  CHECK(rc::check([] {
    std::string bytes;
    for (auto count = draw(0, 20); count > 0; --count) {
      if (chance(2))
        bytes += client_frame(draw(0, 3), random_bytes(300), random_mask());
      else
        bytes += random_bytes(10);
    }
    reader_limits limits{.max_message_bytes = draw<size_t>(0, 2'000)};
    RC_ASSERT(read_in_pieces(bytes, 100, limits) == read_all(bytes, limits));
  }));
}

TEST_CASE("memory follows what has come, not what is announced") {
  reader by;
  auto frame = client_frame(0x82, std::string(1u << 20, 'x'));
  CHECK(read_all(by, frame.substr(0, 100)).empty());
  CHECK(by.held_bytes() < 300);
  CHECK(read_all(by, frame.substr(100)).size() == 1);
  CHECK(by.held_bytes() < 300);
}

TEST_CASE("memory keeps its bound while a message grows") {
  CHECK(rc::check([] {
    reader_limits limits{.max_message_bytes = draw<size_t>(100, 2'000)};
    reader by{limits};
    auto left = limits.max_message_bytes;
    auto first = uint8_t{0x02};
    while (left > 0) {
      auto size = draw<size_t>(1, std::min<size_t>(left, 100) + 1);
      left -= size;
      auto last = left == 0 ? 0x80 : 0;
      auto bytes = client_frame(first | last, std::string(size, 'x'));
      RC_ASSERT(read_all(by, bytes).size() == (left == 0 ? 1 : 0));
      RC_ASSERT(by.held_bytes()
                <= limits.max_message_bytes + std::string{}.capacity());
      first = 0;
    }
  }));
}
