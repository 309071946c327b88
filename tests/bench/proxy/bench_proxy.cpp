// How long the proxy takes to read a request of 2 KB, one with a picture of
// 1 MB, and to write pieces of an answer, in each dialect.

#include "gateway/proxy/front.hpp"
#include "tests/bench/report.hpp"

using namespace machine;
using namespace machine::bench;
using namespace machine::gateway::proxy;

namespace {

constexpr size_t rounds = 21;

const std::string question =
  "Here is a question about the function that reads requests: why does it "
  "copy the text twice?\\nThe code is:\\n```cpp\\nauto x = read(body);\\nif "
  "(!x)\\n  return x.error();\\n```";

const std::string schema =
  R"({"type":"object","properties":{"path":{"type":"string","description":)"
  R"("Path from the root"},"from":{"type":"integer"},"to":{"type":"integer"}},)"
  R"("required":["path"]})";

/// A conversation of eleven messages, as chat completions and messages have it.
std::string conversation() {
  std::string result;
  for (auto i = 0; i < 5; ++i)
    result += (i > 0 ? "," : "") + std::string{R"({"role":"user","content":")"}
            + question
            + R"("},{"role":"assistant","content":"It copies because )"
            + R"(the document owns its texts; see line 40."})";
  return R"([)" + result + R"(,{"role":"user","content":"Go on."}])";
}

std::string chat_body() {
  return R"({"model":"small","messages":)" + conversation()
       + R"(,"tools":[{"type":"function","function":{"name":"read_file",)"
         R"("description":"Reads a file.","parameters":)"
       + schema
       + R"(}}],"temperature":0.2,"stream":true,"max_tokens":1000,)"
         R"("stream_options":{"include_usage":true}})";
}

std::string response_body() {
  return R"({"model":"small","input":)" + conversation()
       + R"(,"tools":[{"type":"function","name":"read_file","strict":false,)"
         R"("description":"Reads a file.","parameters":)"
       + schema
       + R"(}],"temperature":0.2,"stream":true,"max_output_tokens":1000,)"
         R"("instructions":"Be brief and exact."})";
}

std::string message_body() {
  return R"({"model":"small","messages":)" + conversation()
       + R"(,"tools":[{"name":"read_file","description":"Reads a file.",)"
         R"("input_schema":)"
       + schema
       + R"(}],"temperature":0.2,"stream":true,"max_tokens":1000,)"
         R"("system":[{"type":"text","text":"Be brief and exact.",)"
         R"("cache_control":{"type":"ephemeral"}}]})";
}

/// A picture of about 1 MB.
std::string picture_body() {
  return R"({"model":"small","messages":[{"role":"user","content":[)"
         R"({"type":"image_url","image_url":{"url":"data:image/png;base64,)"
       + std::string(1u << 20, 'A') + R"("}}]}]})";
}

/// Microseconds that one of *count* calls of *what* takes.
template <class F>
std::vector<double> measure(size_t count, F what) {
  std::vector<double> result;
  for (size_t round = 0; round < rounds; ++round) {
    auto begin = bench::clock::now();
    for (size_t i = 0; i < count; ++i)
      what();
    result.push_back(seconds(bench::clock::now() - begin) * 1e6
                     / static_cast<double>(count));
  }
  return result;
}

std::vector<double> measure_reading(const char* what, const front& at,
                                    const std::string& body, size_t count) {
  size_t read = 0;
  auto times = measure(count, [&] {
    auto x = at.read(body);
    if (!x)
      give_up(render(x.error()));
    read += x->request.messages.size();
  });
  if (read == 0)
    give_up("nothing was read");
  auto name =
    std::string{what} + " (" + std::to_string(body.size()) + " bytes)";
  report(name.c_str(), times, 2, "us");
  return times;
}

void measure_writing(const char* what, const front& at) {
  answer_facts facts;
  facts.id = "0123456789abcdef";
  facts.model = "small";
  auto stream = at.stream(facts, {});
  models::answer_delta piece{models::answer_delta::kind_type::text,
                             "a word, a \"quote\"\n"};
  size_t bytes = 0;
  auto times = measure(1'000, [&] { bytes += stream->add(piece).size(); });
  if (bytes == 0)
    give_up("nothing was written");
  report(what, times, 3, "us");
}

} // namespace

int main() {
  warn_of_slow_build();
  goal wanted{goal::side::below, 15};
  auto chat = chat_front();
  auto responses = responses_front();
  auto messages = messages_front();
  judge(measure_reading("read /v1/chat/completions", *chat, chat_body(), 5'000),
        wanted, "us");
  judge(
    measure_reading("read /v1/responses", *responses, response_body(), 5'000),
    wanted, "us");
  judge(measure_reading("read /v1/messages", *messages, message_body(), 5'000),
        wanted, "us");
  measure_reading("read a picture", *chat, picture_body(), 50);
  measure_writing("write a piece of a chat", *chat);
  measure_writing("write a piece of a response", *responses);
  measure_writing("write a piece of a message", *messages);
}
