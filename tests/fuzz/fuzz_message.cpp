// A message of a client of a WebSocket, after a byte that says how it is
// spelled. What reads is what it says, and reads again; what does not is
// answered by a sentence that leaves in a frame.

#include "gateway/session/codec.hpp"
#include "gateway/websocket/reader.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace machine;
using namespace machine::gateway::session;
using fuzz::require;
using websocket::opcode;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::input from{data, size};
  auto choice = from.byte();
  auto by = (choice & 1) == 0 ? dialect::json : dialect::msgpack;
  auto kind = (choice & 2) == 0 ? opcode::text : opcode::binary;
  websocket::message what{kind, std::string{from.text()}};
  // Frames have seen to that.
  if (kind == opcode::text && !wire::is_utf8(what.payload))
    return 0;
  auto read = read_message(by, what);
  if (auto* wrong = std::get_if<misread>(&read)) {
    auto sentence = message_of(wrong->why);
    require(!sentence.empty() && sentence.size() < 2'000);
    require(!wrong->id || wrong->id->size() <= max_id_bytes);
    auto frame = encode(
      by, error_message{wrong->id, to_string(code_of(wrong->why)), sentence});
    require(!frame.empty());
    return 0;
  }
  auto& good = std::get<client_message>(read);
  std::visit(
    [](auto& x) { require(!x.id.empty() && x.id.size() <= max_id_bytes); },
    good);
  auto spell = [by](const client_message& x) {
    if (by == dialect::json)
      return websocket::message{opcode::text, wire::to_json(x)};
    return websocket::message{opcode::binary,
                              std::string{as_text(wire::to_msgpack(x))}};
  };
  auto again = read_message(by, spell(good));
  require(std::holds_alternative<client_message>(again));
  require(spell(std::get<client_message>(again)).payload
          == spell(good).payload);
  return 0;
}
