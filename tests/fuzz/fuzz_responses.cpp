// A request to /v1/responses in the first line (see front.hpp), and in the
// others pieces of an answer, after a letter each that says what they are. What
// streams adds up to what the response is, and can be sent back.

#include "runtime/wire/document.hpp"
#include "tests/fuzz/front.hpp"
#include "tests/gateway/proxy/response_reading.hpp"

using namespace machine;
using namespace machine::gateway::proxy;
using fuzz::require;
using nlohmann::json;

namespace {

models::answer_deltas pieces_in(const std::vector<std::string_view>& lines) {
  using kind = models::answer_delta::kind_type;
  models::answer_deltas result;
  uint32_t calls = 0;
  for (auto line : lines) {
    if (line.empty())
      continue;
    auto text = wire::to_utf8(line.substr(1));
    switch (line[0]) {
      case 't': result.push_back({kind::text, text}); break;
      case 'h': result.push_back({kind::thought, text}); break;
      case 's': result.push_back({kind::signature, text}); break;
      case 'r': result.push_back({kind::redacted, text}); break;
      case 'c': result.push_back({kind::tool, {}, calls++, "c", text}); break;
      default:
        result.push_back(
          {kind::arguments, text, static_cast<unsigned char>(line[0]) % 4u});
    }
  }
  return result;
}

void check_stream(const front& at, const models::answer_deltas& pieces,
                  const answer_manner& manner, bool fails) {
  auto out = at.stream(test::facts(), manner);
  std::string bytes;
  std::string said;
  for (auto& x : pieces) {
    if (x.kind == models::answer_delta::kind_type::text)
      said += x.text;
    bytes += out->add(x);
  }
  if (fails)
    bytes += out->fail({make_error(ec::timeout, "it took too long")});
  else
    bytes += out->finish({});
  test::response_reading heard{bytes};
  std::string content;
  for (auto& item : heard.output)
    for (auto& part : item.value("content", json::array()))
      content += part.at("text");
  require(content == said);
  heard.output.push_back({{"role", "user"}, {"content", "And?"}});
  auto again = at.read(json{{"model", "m"}, {"input", heard.output}}.dump());
  // A model may call what is no name of a tool.
  require(again
          || message_of(again.error()).find(".name: ") != std::string::npos);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto front = responses_front();
  auto lines = fuzz::input{data, size}.parts('\n', 64);
  auto body = lines.front();
  fuzz::check_front(*front, body);
  lines.erase(lines.begin());
  auto read = front->read(body);
  check_stream(*front, pieces_in(lines), read ? read->manner : answer_manner{},
               size % 2 == 1);
  return 0;
}
