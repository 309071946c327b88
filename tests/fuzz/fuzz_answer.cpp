// The stream of an answer, after two bytes that choose the protocol and how it
// is cut: however it comes, the same is read.

#include "actors/models/protocol.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace machine;
using namespace machine::models;
using fuzz::require;

namespace {

struct finding {
  answer_deltas deltas;
  ec problem = ec::none;
  bool complete = false;
  std::optional<token_usage> usage;
  std::optional<chat_response> answer;

  bool operator==(const finding&) const = default;
};

template <class NextSize>
finding read_in_pieces(const protocol& speaks, std::string_view bytes,
                       NextSize next_size) {
  finding result;
  auto frames = speaks.make_framing("text/event-stream");
  if (!frames)
    frames = speaks.make_framing("application/vnd.amazon.eventstream");
  auto reader = speaks.make_reader({}, {});
  while (!bytes.empty() && result.problem == ec::none) {
    auto piece = bytes.substr(0, next_size());
    bytes.remove_prefix(piece.size());
    auto events = frames->feed(piece);
    if (!events) {
      result.problem = code_of(events.error());
      // What was whole before a broken piece may have been read or not.
      return {{}, result.problem};
    }
    for (auto& x : *events) {
      auto deltas = reader->take(x);
      if (!deltas) {
        result.problem = code_of(deltas.error());
        break;
      }
      result.deltas.insert(result.deltas.end(), deltas->begin(), deltas->end());
    }
  }
  result.complete = reader->complete();
  result.usage = reader->usage();
  if (result.problem == ec::none)
    if (auto answer = reader->response())
      result.answer = *answer;
  return result;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::input from{data, size};
  std::shared_ptr<const protocol> all[] = {
    openai_chat(), openai_responses(), anthropic_messages(), gemini_content(),
    bedrock_converse()};
  auto& speaks = *all[from.byte() % std::size(all)];
  uint32_t random = from.byte();
  auto bytes = from.text();
  auto whole = read_in_pieces(speaks, bytes, [bytes] { return bytes.size(); });
  // A linear congruential generator (Numerical Recipes, section 7.1).
  auto next_size = [&random]() -> size_t {
    random = random * 1'664'525 + 1'013'904'223;
    return 1 + (random >> 24) % 24;
  };
  auto cut = read_in_pieces(speaks, bytes, next_size);
  // Whichever of two problems comes first depends on how it was cut.
  require((cut.problem == ec::none) == (whole.problem == ec::none));
  if (whole.problem == ec::none)
    require(cut == whole);
  (void)speaks.read_whole(bytes, {}, {});
  return 0;
}
