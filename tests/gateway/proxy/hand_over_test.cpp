#include "tests/gateway/proxy/talk.hpp"

using namespace machine;
using namespace machine::gateway::proxy;
using namespace machine::test;

namespace {

using piece = models::answer_delta::kind_type;

/// A first model breaks off within its first call; a second says all.
std::string broken_and_whole(const front& at) {
  auto stream = at.stream(facts(), {});
  std::string bytes{stream->add({piece::tool, {}, 0, "c1", "read"})};
  bytes += stream->add({piece::arguments, R"({"a":)", 0});
  bytes += stream->add({piece::tool, {}, 1, "c2", "read"});
  bytes += stream->add({piece::arguments, R"({"b":)", 1});
  auto next = facts();
  next.model = "large";
  bytes += stream->hand_over(next, false);
  bytes += stream->add({piece::tool, {}, 0, "c3", "write"});
  bytes += stream->add({piece::arguments, R"({"c":3})", 0});
  bytes += stream->add({piece::tool, {}, 1, "c4", "now"});
  models::chat_response end;
  end.message.tool_calls = {{"c3", "write", {R"({"c":3})"}},
                            {"c4", "now", {"{}"}}};
  end.stop = models::stop_reason::tool_use;
  bytes += stream->finish(end);
  return bytes;
}

} // namespace

TEST_CASE("calls of who takes over are not those of who has left, in a chat") {
  std::map<size_t, std::pair<std::string, std::string>> calls;
  for (auto& event : events_in(broken_and_whole(*chat_front()))) {
    if (event.data == "[DONE]")
      continue;
    auto chunk = json::parse(event.data);
    if (chunk.contains("machine")) {
      CHECK(chunk["choices"].empty());
      continue;
    }
    auto delta = chunk["choices"][0]["delta"];
    for (auto& x : delta.value("tool_calls", json::array())) {
      auto& [id, arguments] = calls[x["index"].get<size_t>()];
      if (x.contains("id"))
        id += x["id"];
      arguments += x["function"]["arguments"];
    }
  }
  REQUIRE(calls.size() == 4);
  CHECK(calls[0] == std::pair<std::string, std::string>{"c1", R"({"a":)"});
  CHECK(calls[1] == std::pair<std::string, std::string>{"c2", R"({"b":)"});
  CHECK(calls[2] == std::pair<std::string, std::string>{"c3", R"({"c":3})"});
  CHECK(calls[3] == std::pair<std::string, std::string>{"c4", "{}"});
}

TEST_CASE("calls of who takes over are blocks of their own in a message") {
  std::vector<std::string> ids;
  std::vector<std::string> inputs;
  auto open = 0;
  for (auto& event : events_in(broken_and_whole(*messages_front()))) {
    auto data = json::parse(event.data);
    if (data["type"] == "content_block_start") {
      CHECK(data["index"] == ids.size());
      ids.push_back(data["content_block"]["id"]);
      inputs.emplace_back();
      ++open;
    } else if (data["type"] == "content_block_delta") {
      REQUIRE(data["index"] == ids.size() - 1);
      inputs.back() += data["delta"]["partial_json"];
    } else if (data["type"] == "content_block_stop") {
      --open;
    }
    CHECK((open == 0 || open == 1));
  }
  CHECK(open == 0);
  CHECK(ids == std::vector<std::string>{"c1", "c2", "c3", "c4"});
  CHECK(inputs
        == std::vector<std::string>{R"({"a":)", R"({"b":)", R"({"c":3})", ""});
}

TEST_CASE("a client that knows of one call has the first") {
  answer_manner old;
  old.legacy_calls = true;
  auto stream = chat_front()->stream(facts(), old);
  stream->add({piece::tool, {}, 0, "c1", "read"});
  stream->hand_over(facts(), false);
  CHECK(stream->add({piece::tool, {}, 0, "c2", "read"}).empty());
  CHECK(stream->add({piece::arguments, "{}", 0}).empty());
}
