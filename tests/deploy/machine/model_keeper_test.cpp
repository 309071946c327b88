#include "deploy/machine/model_keeper.hpp"

#include "tests/runtime/net/server.hpp"
#include "tests/support/directory.hpp"
#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <thread>

using namespace machine;
using namespace std::chrono_literals;
using test::has;

namespace {

constexpr const char* one_model = R"([provider.here]
protocol = "openai"
url = "http://127.0.0.1:1/v1"
local = true
[provider.there]
protocol = "openai"
url = "http://127.0.0.1:2/v1"
key_env = "THEMACHINE_TEST_NO_SUCH_KEY"
[model.own]
provider = "here"
context = 1000
price = { input = "1", output = "1" }
)";

struct keeper_desk {
  test::temporary_directory dir;
  std::string file = dir / "models.toml";

  keeper_desk() {
    write(one_model);
  }

  /// Nobody sees half of it.
  void write(const std::string& text) const {
    std::ofstream{dir / "next", std::ios::binary} << text;
    std::filesystem::rename(dir / "next", file);
  }

  caf::expected<std::unique_ptr<deploy::model_keeper>> open() const {
    config::sources from;
    from.flags = {{"models.catalogue", file}, {"data.dir", dir.path()}};
    // What stands on this computer is no part of it, but where it is said.
    from.flags.emplace("models.discover", "false");
    for (auto& [key, value] : more)
      from.flags.insert_or_assign(key, value);
    auto settings = config::config::load(from);
    REQUIRE(settings);
    log_options logging;
    logging.file = dir / "log";
    auto log = logger::open(logging);
    REQUIRE(log);
    return deploy::model_keeper::open(
      *settings, std::make_shared<net::client>(net::client_options{}), *log,
      [this](auto& name) { return secret(name); },
      {file_watch_options::by::word_of_system, 20ms, 5ms});
  }

  std::unique_ptr<deploy::model_keeper> must_open() const {
    auto result = open();
    if (!result)
      FAIL(render(result.error()));
    return std::move(*result);
  }

  std::optional<std::string> secret(const std::string& name) const {
    auto i = secrets.find(name);
    return i == secrets.end() ? std::nullopt : std::optional{i->second};
  }

  std::map<std::string, std::string> more;
  std::map<std::string, std::string> secrets;

  std::string log() const {
    std::ifstream in{dir / "log"};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
};

/// Whether *condition* comes to hold.
template <class Condition>
bool at_last(Condition condition) {
  auto until = std::chrono::steady_clock::now() + 30s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::yield();
  }
  return true;
}

} // namespace

TEST_CASE("a catalogue that changes counts from then on") {
  keeper_desk x;
  auto keeper = x.must_open();
  auto& source = *keeper->source();
  auto before = source.stock();
  REQUIRE(before->listed.models.contains("own"));
  CHECK(before->providers.contains("openai"));
  CHECK(before->unusable.at("there").find("set THEMACHINE_TEST_NO_SUCH_KEY")
        != std::string::npos);
  x.write(std::string{one_model} + "[model.other]\nprovider = \"new\"\n"
          + "[provider.new]\nprotocol = \"openai\"\nurl = \"http://x\"\n");
  REQUIRE(at_last([&] { return source.stock() != before; }));
  auto after = source.stock();
  CHECK(after->listed.models.contains("other"));
  CHECK(after->providers.contains("new"));
  // Who has taken what there was keeps it.
  CHECK(!before->listed.models.contains("other"));
  // What is the same goes on: it knows its connections.
  CHECK(after->providers.at("here") == before->providers.at("here"));
  auto moved = std::string{one_model};
  moved.replace(moved.find(":1/v1"), 5, ":3/v1");
  x.write(moved);
  REQUIRE(at_last([&] { return source.stock() != after; }));
  auto last = source.stock();
  CHECK(last->providers.at("here") != before->providers.at("here"));
  CHECK(last->providers.at("there") == before->providers.at("there"));
  CHECK(!last->listed.models.contains("other"));
}

TEST_CASE("a catalogue with mistakes changes nothing, and the log says where") {
  keeper_desk x;
  auto keeper = x.must_open();
  auto& source = *keeper->source();
  auto before = source.stock();
  x.write(std::string{one_model} + "colour = 1\nmax_output = 0\n");
  REQUIRE(at_last([&] { return has(x.log(), "cannot be read again"); }));
  CHECK(source.stock() == before);
  auto log = x.log();
  CHECK(has(log, x.file + ":13: model.own.colour is no known key; known are"));
  CHECK(has(log, x.file + ":14: model.own.max_output must be a whole number"));
  CHECK(std::count(log.begin(), log.end(), '\n') == 1);
  std::filesystem::remove(x.file);
  REQUIRE(at_last([&] { return has(x.log(), "cannot read " + x.file); }));
  CHECK(source.stock() == before);
  x.write(std::string{one_model} + "max_output = 1000\n");
  REQUIRE(at_last([&] { return source.stock() != before; }));
  CHECK(source.now()->models.at("own").max_output_tokens == 1'000);
}

TEST_CASE("a machine does not begin with a catalogue that has mistakes") {
  keeper_desk x;
  x.write("[model.own]\n");
  auto refused = x.open();
  REQUIRE(!refused);
  CHECK(has(message_of(refused.error()),
            x.file + ":1: model.own.provider is missing"));
}

namespace {

constexpr const char* with_secret = R"([provider.here]
protocol = "openai"
url = "http://127.0.0.1:1/v1"
keys = [{secret = "KEY"}]
[model.own]
provider = "here"
context = 1000
price = { input = "1", output = "1" }
)";

} // namespace

TEST_CASE("a provider has the machine's secret, and another as soon as it is") {
  keeper_desk x;
  x.write(with_secret);
  auto keeper = x.must_open();
  auto& source = *keeper->source();
  auto without = source.stock();
  CHECK(without->unusable.at("here") == "no key: themachine secret set KEY");
  x.secrets["KEY"] = "one";
  keeper->read_again();
  auto one = source.stock();
  CHECK(!one->unusable.contains("here"));
  CHECK(one->providers.at("here") != without->providers.at("here"));
  keeper->read_again();
  CHECK(source.stock()->providers.at("here") == one->providers.at("here"));
  x.secrets["KEY"] = "two";
  keeper->read_again();
  CHECK(source.stock()->providers.at("here") != one->providers.at("here"));
  x.secrets.clear();
  keeper->read_again();
  CHECK(source.stock()->unusable.contains("here"));
}

TEST_CASE("a variable that is not set may be a secret") {
  keeper_desk x;
  x.secrets["THEMACHINE_TEST_NO_SUCH_KEY"] = "one";
  auto keeper = x.must_open();
  CHECK(!keeper->source()->stock()->unusable.contains("there"));
}

TEST_CASE("what servers on this computer have is there as long as they are") {
  keeper_desk x;
  auto script = [](test::connection& peer) {
    while (auto request = peer.read_request()) {
      if (request->starts_with("GET /api/tags"))
        peer.answer(R"({"models":[{"model":"qwen3:8b"},{"model":"own"}]})");
      else if (request->starts_with("POST /api/show"))
        peer.answer(R"({"capabilities":["completion","tools"]})");
      else
        peer.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    }
  };
  auto ollama = std::make_unique<test::server>(script);
  x.more = {{"models.discover", "true"},
            {"models.discover_interval", "1s"},
            {"models.discover_llama_cpp", ""},
            {"models.discover_ollama", ollama->url("/")}};
  auto keeper = x.must_open();
  auto& source = *keeper->source();
  REQUIRE(at_last([&] { return source.now()->models.contains("qwen3:8b"); }));
  auto found = source.stock();
  CHECK(found->discovered == std::set<std::string>{"qwen3:8b"});
  // What is configured stays what it is.
  CHECK(found->listed.models.at("own").provider == "here");
  // The catalogue's Ollama is elsewhere.
  auto& provider = found->listed.models.at("qwen3:8b").provider;
  CHECK(provider == "local-ollama");
  CHECK(found->providers.contains(provider));
  CHECK(!found->unusable.contains(provider));
  ollama.reset();
  REQUIRE(at_last([&] { return !source.now()->models.contains("qwen3:8b"); }));
  CHECK(source.stock()->discovered.empty());
  CHECK(source.now()->models.contains("own"));
}
