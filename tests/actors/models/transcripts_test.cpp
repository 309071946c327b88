#include "runtime/net/event_stream.hpp"
#include "tests/actors/models/asking.hpp"

#include <rapidcheck.h>

#include <fstream>
#include <iterator>

using namespace machine;
using namespace machine::models;

namespace {

std::string transcript_file(const std::string& name) {
  std::ifstream in{SOURCE_ROOT "/tests/actors/models/transcripts/" + name,
                   std::ios::binary};
  REQUIRE(in);
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The bytes of a stream of AWS, of the events in *text*.
std::string binary_stream(const std::string& text) {
  std::string out;
  auto document = nlohmann::json::parse(text);
  for (auto& x : document["events"])
    out +=
      net::encode_event_message({{{":message-type", "event"},
                                  {":event-type", x["type"].get<std::string>()},
                                  {":content-type", "application/json"}},
                                 x["payload"].dump()});
  return out;
}

constexpr auto calls_tools = stop_reason::tool_use;
constexpr auto is_done = stop_reason::finished;

const tool_call paris{"", "get_weather", {R"({"city":"Paris"})"}};
const tool_call hours{"", "get_time", {"{}"}};

tool_call with_id(tool_call x, std::string id) {
  x.id = std::move(id);
  return x;
}

/// What a whole stream says, and what it costs.
struct transcript {
  std::string name;
  std::shared_ptr<const protocol> speaks;
  std::string model;
  std::string text;
  std::string thought;
  std::vector<tool_call> calls;
  stop_reason stop;
  token_usage usage;
  costs::price price;
  /// In micro-dollars, rounded up.
  micro_usd cost;
};

token_usage tokens_of(uint64_t input, uint64_t cached, uint64_t output,
                      uint64_t reasoning = 0) {
  token_usage x{input, cached, output};
  x.reasoning = reasoning;
  return x;
}

costs::price with_cache_write(costs::price x, micro_usd write,
                              std::optional<micro_usd> hour = {}) {
  x.cache_write = write;
  x.cache_write_hour = hour;
  return x;
}

token_usage with_written(token_usage x, uint64_t minutes, uint64_t hour) {
  x.cache_write = minutes;
  x.cache_write_hour = hour;
  return x;
}

const std::vector<transcript>& transcripts() {
  static const std::vector<transcript> all = [] {
    auto sound = tokens_of(150, 0, 100, 60);
    sound.image = 258;
    sound.audio = 882;
    costs::price hears{300'000, 30'000, 2'500'000};
    hears.audio = 1'000'000;
    return std::vector<transcript>{
      // 86 * 2.50 + 1,920 * 0.25 + 300 * 10 = 215 + 480 + 3,000
      {"openai_text.sse",
       openai_chat(),
       "gpt-x-2026-01-01",
       "Gr\u00fc\u00dfe aus \U0001F30D!",
       "",
       {},
       is_done,
       tokens_of(86, 1'920, 300, 128),
       {2'500'000, 250'000, 10'000'000},
       3'695},
      // 345 * 0.75 + 67 * 4.50 = 258.75 + 301.50 = 560.25
      {"openai_tools.sse",
       openai_chat(),
       "gpt-x-mini",
       "",
       "",
       {with_id(paris, "call_a"), with_id(hours, "call_b")},
       calls_tools,
       tokens_of(345, 0, 67),
       {750'000, 75'000, 4'500'000},
       561},
      // 80 * 2.50 + 12 * 10 = 200 + 120
      {"azure_filtered.sse",
       openai_chat(),
       "gpt-x",
       "First you",
       "",
       {},
       stop_reason::refused,
       tokens_of(80, 0, 12),
       {2'500'000, 250'000, 10'000'000},
       320},
      // 360 * 0.27 + 640 * 0.07 + 200 * 1.10 = 97.2 + 44.8 + 220
      {"deepseek_thinking.sse",
       openai_chat(),
       "deepseek-x",
       "Let me see.",
       "Paris it is.",
       {with_id(paris, "call_00_x")},
       calls_tools,
       tokens_of(360, 640, 200, 150),
       {270'000, 70'000, 1'100'000},
       362},
      // Of one's own machine.
      {"ollama_tools.sse",
       openai_chat(),
       "qwen3:8b",
       "",
       "Both.",
       {with_id(paris, "call_x1"),
        {"call_x2", "get_weather", {R"({"city":"Rome"})"}}},
       calls_tools,
       tokens_of(160, 0, 45),
       {},
       0},
      {"llama_cpp_cut.sse",
       openai_chat(),
       "gemma.gguf",
       "Once upon a",
       "Hm.",
       {},
       stop_reason::length,
       tokens_of(11, 0, 8),
       {},
       0},
      // 176 * 1.25 + 1,024 * 0.125 + 500 * 10 = 220 + 128 + 5,000
      {"responses_text.sse",
       openai_responses(),
       "gpt-x-2026-01-01",
       "Hello there.",
       "Greeting somebody",
       {},
       is_done,
       tokens_of(176, 1'024, 500, 320),
       {1'250'000, 125'000, 10'000'000},
       5'348},
      // 500 * 1.25 + 1,000 * 0.125 + 1,500 * 1.5625 + 40 * 10
      //   = 625 + 125 + 2,343.75 + 400 = 3,493.75
      {"responses_tools.sse",
       openai_responses(),
       "gpt-x",
       "",
       "",
       {with_id(paris, "call_1"), with_id(hours, "call_2")},
       calls_tools,
       with_written(tokens_of(500, 1'000, 40), 1'500, 0),
       with_cache_write({1'250'000, 125'000, 10'000'000}, 1'562'500),
       3'494},
      // 21 * 3 + 4,000 * 0.30 + 1,000 * 3.75 + 500 * 6 + 120 * 15
      //   = 63 + 1,200 + 3,750 + 3,000 + 1,800
      {"anthropic_text.sse",
       anthropic_messages(),
       "claude-x",
       "One, two, three, ",
       "",
       {},
       stop_reason::stop_text,
       with_written(tokens_of(21, 4'000, 120), 1'000, 500),
       with_cache_write({3'000'000, 300'000, 15'000'000}, 3'750'000, 6'000'000),
       9'813},
      // 472 * 1 + 189 * 5 = 472 + 945
      {"anthropic_thinking.sse",
       anthropic_messages(),
       "claude-x",
       "",
       "I need the weather.",
       {{"toolu_1", "get_weather", {R"({"city": "Paris"})"}}},
       calls_tools,
       tokens_of(472, 0, 189),
       {1'000'000, 100'000, 5'000'000},
       1'417},
      // 904 * 1.25 + 4,096 * 0.31 + (90 + 410) * 10
      //   = 1,130 + 1,269.76 + 5,000 = 7,399.76
      {"gemini_text.sse",
       gemini_content(),
       "gemini-x-pro",
       "Bonjour, monde",
       "**Greeting**",
       {},
       is_done,
       tokens_of(904, 4'096, 500, 410),
       {1'250'000, 310'000, 10'000'000},
       7'400},
      // 150 * 0.30 + 258 * 0.30 + 882 * 1 + (40 + 60) * 2.50
      //   = 45 + 77.4 + 882 + 250 = 1,254.4
      {"gemini_tools.sse",
       gemini_content(),
       "gemini-x-flash",
       "",
       "",
       {{"call_0_0", "get_weather", {R"({"city":"Paris","days":2})"}},
        with_id(hours, "fn-2")},
       calls_tools,
       sound,
       hears,
       1'255},
      // 30 * 3 + 2,000 * 0.30 + 600 * 3.75 + 400 * 6 + 50 * 15
      //   = 90 + 600 + 2,250 + 2,400 + 750
      {"bedrock_text.json",
       bedrock_converse(),
       "anthropic.claude-x",
       "Good day.",
       "Greet them.",
       {},
       is_done,
       with_written(tokens_of(30, 2'000, 50), 600, 400),
       with_cache_write({3'000'000, 300'000, 15'000'000}, 3'750'000, 6'000'000),
       6'090},
      // 423 * 0.06 + 81 * 0.24 = 25.38 + 19.44 = 44.82
      {"bedrock_tools.json",
       bedrock_converse(),
       "amazon.nova-x",
       "Let me see.",
       "",
       {with_id(paris, "tooluse_1"), with_id(hours, "tooluse_2")},
       calls_tools,
       tokens_of(423, 0, 81),
       {60'000, 15'000, 240'000},
       45},
    };
  }();
  return all;
}

std::string bytes_of_stream(const transcript& x) {
  auto text = transcript_file(x.name);
  return x.name.ends_with(".json") ? binary_stream(text) : text;
}

std::string content_type(const transcript& x) {
  return x.name.ends_with(".json") ? "application/vnd.amazon.eventstream"
                                   : "text/event-stream; charset=utf-8";
}

/// All that is told of a stream.
struct transcript_reading {
  answer_deltas deltas;
  bool complete = false;
  bool may_end = false;
  caf::error problem;
  chat_response answer;
};

/// What is read if *stream* comes in pieces of these sizes, again and again.
transcript_reading read_transcript(const transcript& by,
                                   std::string_view stream,
                                   const std::vector<size_t>& sizes = {}) {
  transcript_reading x;
  auto frames = by.speaks->make_framing(content_type(by));
  REQUIRE(frames);
  auto reader = by.speaks->make_reader({}, test::of_model(by.model));
  for (size_t i = 0; !stream.empty(); ++i) {
    auto size = sizes.empty() ? stream.size()
                              : std::max<size_t>(sizes[i % sizes.size()], 1);
    auto events = frames->feed(stream.substr(0, size));
    if (!events) {
      x.problem = events.error();
      return x;
    }
    for (auto& event : *events) {
      auto deltas = reader->take(event);
      if (!deltas) {
        x.problem = deltas.error();
        return x;
      }
      x.deltas.insert(x.deltas.end(), deltas->begin(), deltas->end());
    }
    stream.remove_prefix(std::min(size, stream.size()));
  }
  x.complete = reader->complete();
  x.may_end = reader->may_end();
  if (!x.may_end)
    return x;
  auto answer = reader->response();
  if (answer)
    x.answer = std::move(*answer);
  else
    x.problem = answer.error();
  return x;
}

std::string told_by(const transcript_reading& x, answer_delta::kind_type kind) {
  std::string out;
  for (auto& delta : x.deltas)
    if (delta.kind == kind)
      out += delta.text;
  return out;
}

/// The calls that the pieces tell.
std::vector<tool_call> calls_of(const transcript_reading& x) {
  std::vector<tool_call> out;
  for (auto& delta : x.deltas) {
    if (delta.kind == answer_delta::kind_type::tool) {
      CHECK(delta.call == out.size());
      out.push_back({delta.id, delta.name, {""}});
    } else if (delta.kind == answer_delta::kind_type::arguments) {
      REQUIRE(delta.call < out.size());
      out[delta.call].arguments.text += delta.text;
    }
  }
  for (auto& call : out)
    call.arguments = arguments_of(call.arguments.text);
  return out;
}

} // namespace

TEST_CASE("each transcript is read as its provider meant it") {
  for (auto& x : transcripts()) {
    CAPTURE(x.name);
    auto got = read_transcript(x, bytes_of_stream(x));
    if (got.problem)
      FAIL(render(got.problem));
    REQUIRE(got.complete);
    CHECK(got.answer.message.content == x.text);
    CHECK(got.answer.message.tool_calls == x.calls);
    CHECK(got.answer.stop == x.stop);
    CHECK(got.answer.model == x.model);
    REQUIRE(got.answer.usage);
    CHECK(*got.answer.usage == x.usage);
    // The pieces say the same as the whole.
    CHECK(told_by(got, answer_delta::kind_type::text) == x.text);
    CHECK(told_by(got, answer_delta::kind_type::thought) == x.thought);
    CHECK(calls_of(got) == x.calls);
  }
}

TEST_CASE("each transcript costs what its prices say, to the micro-dollar") {
  for (auto& x : transcripts()) {
    CAPTURE(x.name);
    auto got = read_transcript(x, bytes_of_stream(x));
    REQUIRE(got.answer.usage);
    CHECK(costs::cost(x.price, *got.answer.usage) == x.cost);
  }
}

TEST_CASE("it does not matter how a transcript was cut into pieces") {
  for (auto& x : transcripts()) {
    CAPTURE(x.name);
    auto stream = bytes_of_stream(x);
    auto whole = read_transcript(x, stream);
    REQUIRE(rc::check([&] {
      auto sizes = *rc::gen::nonEmpty(rc::gen::container<std::vector<size_t>>(
        rc::gen::inRange<size_t>(1, 300)));
      auto got = read_transcript(x, stream, sizes);
      RC_ASSERT(!got.problem);
      RC_ASSERT(got.complete);
      RC_ASSERT(got.deltas == whole.deltas);
      RC_ASSERT(got.answer == whole.answer);
    }));
    auto byte_by_byte = read_transcript(x, stream, {1});
    CHECK(byte_by_byte.answer == whole.answer);
  }
}

TEST_CASE("a transcript that ends early is not complete") {
  for (auto& x : transcripts()) {
    CAPTURE(x.name);
    auto stream = bytes_of_stream(x);
    // The last byte but one still belongs to the last event.
    for (size_t size = 0; size + 2 < stream.size(); size += 7)
      REQUIRE(
        !read_transcript(x, std::string_view{stream}.substr(0, size)).complete);
  }
}

TEST_CASE("no byte of a transcript that was changed harms its reader") {
  for (auto& x : transcripts()) {
    CAPTURE(x.name);
    auto stream = bytes_of_stream(x);
    CHECK(rc::check([&](const std::vector<std::pair<uint32_t, uint8_t>>& all,
                        uint8_t how) {
      auto changed = stream;
      for (auto& [where, byte] : all) {
        auto at = where % changed.size();
        if (how % 3 == 0)
          changed[at] = static_cast<char>(byte);
        else if (how % 3 == 1)
          changed.erase(at, byte % 8);
        else
          changed.insert(at, changed.substr(where / 7 % changed.size(), byte));
        if (changed.empty())
          return;
      }
      auto got = read_transcript(x, changed, {97});
      RC_ASSERT(got.answer.message.content.size() <= stream.size() * 300);
    }));
  }
}

TEST_CASE("no values of a transcript that were changed harm its reader") {
  // What is still JSON comes further than a changed byte.
  const nlohmann::json strange[] = {nullptr,
                                    true,
                                    -1,
                                    1e300,
                                    UINT64_MAX,
                                    "x",
                                    nlohmann::json::array(),
                                    nlohmann::json::object(),
                                    nlohmann::json::array({nullptr, 1, "x"})};
  auto change = [&](auto& self, nlohmann::json& x) -> void {
    if (x.is_structured() && !x.empty() && *rc::gen::inRange(0, 5) != 0) {
      auto i = x.begin();
      std::advance(i, *rc::gen::inRange<size_t>(0, x.size()));
      self(self, *i);
    } else {
      x = strange[*rc::gen::inRange<size_t>(0, std::size(strange))];
    }
  };
  for (auto& x : transcripts()) {
    CAPTURE(x.name);
    auto stream = bytes_of_stream(x);
    auto events = x.speaks->make_framing(content_type(x))->feed(stream);
    REQUIRE(events);
    CHECK(rc::check([&] {
      auto reader = x.speaks->make_reader({}, test::of_model(x.model));
      for (auto event : *events) {
        if (*rc::gen::inRange(0, 3) == 0 && event.data != "[DONE]") {
          auto data = nlohmann::json::parse(event.data);
          change(change, data);
          event.data = data.dump();
        }
        if (!reader->take(event))
          return;
      }
      (void)reader->response();
      (void)reader->usage();
    }));
  }
}
