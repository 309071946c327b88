#include "deploy/cli/cli.hpp"

#include "deploy/cli/replace_file.hpp"
#include "tests/deploy/cli/local_server.hpp"
#include "tests/support/directory.hpp"
#include "tests/support/text.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace machine;
using machine::test::local_server;
using machine::test::received;
using test::has;

namespace {

/// The command line, and a catalogue's file that its configuration names.
struct model_desk {
  test::temporary_directory dir;
  std::string out;
  std::string err;

  model_desk() {
    std::ofstream config{dir / "config.toml"};
    std::ofstream{dir / "list.json"} << R"({
      "gpt-x": {"litellm_provider": "openai", "mode": "chat",
        "input_cost_per_token": 1.25e-07, "output_cost_per_token": 5e-07,
        "max_input_tokens": 1000000, "max_output_tokens": 64000, "rpm": 1},
      "claude-x": {"litellm_provider": "anthropic", "mode": "chat",
        "input_cost_per_token": 1e-06, "output_cost_per_token": 5e-06},
      "dall-e-x": {"litellm_provider": "openai", "mode": "image_generation"},
      "odd/x": {"litellm_provider": "odd", "mode": "chat"}})";
  }

  int run(std::vector<std::string> words) {
    words.insert(words.begin(), "themachine");
    words.insert(words.end(),
                 {"--data-dir", dir.path(), "--config", dir / "config.toml"});
    std::ostringstream to_out;
    std::ostringstream to_err;
    auto start = [](const config::config&, cli::lifetime)
      -> caf::expected<std::unique_ptr<cli::running_machine>> {
      return make_error(ec::conflict, "nobody needs a machine");
    };
    auto code = cli::run_cli(words, start, {to_out, to_err});
    out = to_out.str();
    err = to_err.str();
    return code;
  }

  void is_up(const local_server& server) {
    std::ofstream{dir / "endpoint.json"}
      << R"({"url":")" << server.url()
      << R"(","token":"secret","pid":1,"version":"0"})";
  }
};

std::string content_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

constexpr const char* haiku =
  R"({"id":"haiku","aliases":["small"],"provider":"anthropic","name":"claude-haiku-5-5","scripted":false,"local":false,"context":"1000000","max_output":128000,"abilities":["tools"],"takes":["image","document"],"max_images":600,"reasoning":"hidden","streams":true,"embeddings":false,"price":{"input":"100000","cached":"10000","output":"500000","cache_write":"125000","call":"5000","long_prompt":{"above":"100000","input":"500000","cached":"50000","output":"2500000"}},"quality":{"code":0.68,"general":0.7},"regions":["eu"],"data":["no_training"],"deprecated":"","source":"https://example.org/","as_of":"2026-10-07","usable":false,"reason":"no key: set ANTHROPIC_API_KEY"})";

} // namespace

TEST_CASE("the list of prices is printed as a catalogue") {
  model_desk x;
  REQUIRE(x.run({"model", "import", x.dir / "list.json"}) == 0);
  CHECK(has(x.out, "[model.\"gpt-x\"]\nprovider = \"openai\"\n"
                   "context = 1000000\nmax_output = 64000\n"));
  CHECK(has(x.out, "price = { input = \"0.125\", cached = \"0.125\", output = "
                   "\"0.50\" }"));
  CHECK(has(x.out, "as_of = \"20"));
  CHECK(has(x.err, "taken: 2 models, 0 of which the catalogue has already"));
  CHECK(has(x.err, "not taken: 2"));
  CHECK(has(x.err, "1: models of mode image_generation are not asked here "
                   "(dall-e-x)"));
  CHECK(has(x.err, "1: the catalogue has no provider odd (odd/x)"));
  CHECK(has(x.err, "no use for: 1"));
}

TEST_CASE("only what is asked for is taken") {
  model_desk x;
  auto list = x.dir / "list.json";
  CHECK(x.run({"model", "import", list, "--provider", "anthropic"}) == 0);
  CHECK(has(x.out, "claude-x"));
  CHECK(!has(x.out, "gpt-x"));
  CHECK(x.run({"model", "import", list, "--only", "gpt-*"}) == 0);
  CHECK(!has(x.out, "claude-x"));
  CHECK(x.run({"model", "import", list, "--only", "gemini-*"}) == 3);
  CHECK(has(x.err, "has no model that was asked for"));
  CHECK(x.out.empty());
}

TEST_CASE("models are put into the file that the configuration names") {
  model_desk x;
  auto mine = x.dir / "mine.toml";
  std::ofstream{x.dir / "config.toml"} << "[models]\ncatalogue = \"" << mine
                                       << "\"\n";
  std::ofstream{mine} << "# Mine.\n[model.own]\nprovider = \"ollama\"\n";
  ::chmod(mine.c_str(), 0600);
  auto before = content_of(mine);
  auto list = x.dir / "list.json";
  CHECK(x.run({"model", "import", list, "--dry-run"}) == 0);
  CHECK(has(x.out, "[model.\"gpt-x\"]"));
  CHECK(content_of(mine) == before);
  CHECK(x.run({"model", "import", list}) == 0);
  CHECK(x.out.empty());
  CHECK(has(x.err, "written: " + mine));
  auto after = content_of(mine);
  CHECK(after.starts_with(before));
  CHECK(has(after, "[model.\"gpt-x\"]"));
  struct stat rights {};
  REQUIRE(::stat(mine.c_str(), &rights) == 0);
  CHECK((rights.st_mode & 0777) == 0600);
  // A second time there is nothing new.
  CHECK(x.run({"model", "import", list}) == 0);
  CHECK(content_of(mine) == after);
  CHECK(has(x.err, "2 of which the catalogue has already"));
  CHECK(x.run({"model", "import", list, "--into", "-"}) == 0);
  CHECK(has(x.out, "[model.\"gpt-x\"]"));
  auto other = x.dir / "other.toml";
  CHECK(x.run({"model", "import", list, "--into", other}) == 0);
  CHECK(has(content_of(other), "[model.\"gpt-x\"]"));
}

TEST_CASE("a file with mistakes is not written") {
  model_desk x;
  auto mine = x.dir / "mine.toml";
  std::ofstream{mine} << "[model.own]\nprovider = \"nobody\"\n";
  auto before = content_of(mine);
  CHECK(x.run({"model", "import", x.dir / "list.json", "--into", mine}) == 2);
  CHECK(has(x.err, mine + ":2: model.own.provider is nobody"));
  CHECK(content_of(mine) == before);
  CHECK(x.run({"model", "import", x.dir / "nothing.json"}) == 3);
  CHECK(has(x.err, "cannot open"));
  CHECK(x.run({"model", "import", x.dir.path()}) == 2);
}

TEST_CASE("programs are told what was taken as JSON") {
  model_desk x;
  REQUIRE(x.run({"model", "import", x.dir / "list.json", "--json"}) == 0);
  auto said = nlohmann::json::parse(x.out);
  CHECK(said["taken"] == nlohmann::json::array({"claude-x", "gpt-x"}));
  CHECK(said["skipped"].size() == 2);
  CHECK(said["ignored"]["rpm"] == "1");
  CHECK(has(said["toml"].get<std::string>(), "[model.\"gpt-x\"]"));
  CHECK(!said.contains("into"));
}

TEST_CASE("models are listed and shown with what they cost") {
  model_desk x;
  local_server server{[](const received& asked) {
    if (asked.target == "/api/v1/models/small")
      return local_server::json(haiku);
    return local_server::json(R"({"items":[)" + std::string{haiku} + "]}");
  }};
  x.is_up(server);
  REQUIRE(x.run({"model", "list"}) == 0);
  CHECK(x.out
        == "model  provider      in  cached    out         long  context  "
           "usable\n"
           "haiku  anthropic  $0.10   $0.01  $0.50  $0.50/$2.50  1000000  "
           "no: no key: set ANTHROPIC_API_KEY\n");
  REQUIRE(x.run({"model", "show", "small"}) == 0);
  CHECK(x.out == R"(model           haiku
aliases         small
provider        anthropic
its name there  claude-haiku-5-5
usable          no: no key: set ANTHROPIC_API_KEY
context         1,000,000 tokens
longest answer  128,000 tokens
can             tools, reasoning (hidden)
takes           image, document (at most 600 images)
quality         code 0.68, general 0.7
regions         eu
data            no_training
price as of     2026-10-07
source          https://example.org/

dollars per million tokens   price  above 100,000
input                        $0.10          $0.50
from its cache               $0.01          $0.05
into its cache              $0.125
output                       $0.50          $2.50
and $0.005 for every call
)");
}

TEST_CASE("a file is replaced whole, behind a link too") {
  test::temporary_directory dir;
  auto file = dir / "file";
  REQUIRE(!cli::replace_file(file, "one"));
  CHECK(content_of(file) == "one");
  std::filesystem::create_symlink(file, dir / "link");
  REQUIRE(!cli::replace_file(dir / "link", "two"));
  CHECK(content_of(file) == "two");
  CHECK(std::filesystem::is_symlink(dir / "link"));
  auto failed = cli::replace_file(dir / "no/where", "x");
  CHECK(code_of(failed) == ec::io_failed);
  CHECK(std::distance(std::filesystem::directory_iterator{dir.path()}, {})
        == 2);
}
