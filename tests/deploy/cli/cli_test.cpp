#include "deploy/cli/cli.hpp"

#include "tests/deploy/cli/local_server.hpp"
#include "tests/deploy/cli/recorded.hpp"
#include "tests/support/directory.hpp"
#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <future>
#include <sstream>

using namespace machine;
using machine::test::local_server;
using machine::test::received;
using test::has;

namespace {

struct result {
  int code = 0;
  std::string out;
  std::string err;
};

/// A machine in this process that a test's server plays.
class played_machine final : public cli::running_machine {
public:
  played_machine(std::string url, std::vector<std::string>& told,
                 std::shared_future<void> collapse)
      : url_(std::move(url)), told_(told), collapse_(std::move(collapse)) {}

  cli::endpoint endpoint() const override {
    return {url_, "secret"};
  }

  caf::error wait() override {
    if (collapse_.valid()) {
      collapse_.wait();
      return make_error(ec::internal, "its actors failed again and again");
    }
    stopped_.get_future().wait();
    told_.push_back("wait");
    return {};
  }

  void stop() override {
    told_.push_back("stop");
    stopped_.set_value();
  }

private:
  std::promise<void> stopped_;
  std::string url_;
  std::vector<std::string>& told_;
  std::shared_future<void> collapse_;
};

/// The command line with a data directory of its own.
struct desk {
  test::temporary_directory dir;
  std::string machine_url;
  std::vector<std::string> told;
  /// If valid: when the machine in this process gives up.
  std::shared_future<void> collapse;
  std::string port;
  cli::lifetime wanted = cli::lifetime::until_stopped;

  desk() {
    // A configuration of whoever runs the tests must not matter.
    std::ofstream empty{dir / "config.toml"};
    std::filesystem::create_directory(dir / ".git");
  }

  /// Writes down that *server* is up.
  void is_up(const local_server& server) {
    std::ofstream{dir / "endpoint.json"}
      << R"({"url":")" << server.url()
      << R"(","token":"secret","pid":1,"version":"0"})";
  }

  result run(std::vector<std::string> words) {
    words.insert(words.begin(), "themachine");
    words.insert(words.end(),
                 {"--data-dir", dir.path(), "--config", dir / "config.toml"});
    std::ostringstream out;
    std::ostringstream err;
    auto start = [this](const config::config& settings, cli::lifetime how_long)
      -> caf::expected<std::unique_ptr<cli::running_machine>> {
      port = settings.text("gateway.port");
      wanted = how_long;
      if (machine_url.empty())
        return make_error(ec::conflict, "the address is taken");
      return std::unique_ptr<cli::running_machine>{
        std::make_unique<played_machine>(machine_url, told, collapse)};
    };
    result x;
    x.code = cli::run_cli(words, start, {out, err});
    x.out = out.str();
    x.err = err.str();
    return x;
  }
};

/// Answers like a machine with one run.
std::string answer(const received& x) {
  if (!x.has("Authorization: Bearer secret\r\n"))
    return local_server::json(R"({"code":"denied","detail":"no"})", 401);
  if (x.target == "/api/v1/info")
    return local_server::json(R"({"version":"0"})");
  if (x.target == "/api/v1/models")
    return local_server::json(
      R"({"items":[{"id":"demo","scripted":true,"price":{"input":"1"}}]})");
  if (x.method == "POST" && x.target == "/api/v1/runs")
    return local_server::json(R"({"id":"r-1","project":"default"})", 201);
  if (x.target.starts_with("/api/v1/runs/r-1/events")
      && x.has("text/event-stream")) {
    std::string events;
    for (auto& json : test::whole_run())
      events += "event: event\ndata: " + json + "\n\n";
    return local_server::stream(events);
  }
  if (x.target.starts_with("/api/v1/runs/r-1/events?")) {
    auto after = std::stoul(x.target.substr(x.target.find("after=") + 6));
    std::string items;
    auto all = test::whole_run();
    for (auto i = after; i < all.size() && i < after + 10; ++i)
      items += (items.empty() ? "" : ",") + all[i];
    return local_server::json(R"({"items":[)" + items + "]}");
  }
  if (x.target == "/api/v1/runs/r-1/diff")
    return local_server::reply(200, "text/x-diff", "+a\n\x1b-b\n");
  if (x.target == "/api/v1/runs/r-1")
    return local_server::json(
      R"({"id":"r-1","title":"T","state":"failed","message":"no","budget":"500000","spent":"130","activations":[{"id":"plan","state":"failed","kind":"model","attempt":1,"message":"no"}],"interrupts":[{"id":"ok","state":"open","question":"Ship it?","schema":{"properties":{"approved":{"type":"boolean"}}}},{"id":"reconcile:a#1.1","state":"open","question":"Did it?","schema":{"properties":{"happened":{"type":"boolean"}}}},{"id":"n","state":"open","question":"How many?","schema":{"type":"integer"}}],"bill":[{"model":"demo","calls":"2","input":"3200","cached":"0","output":"700","cost":"130"}]})");
  if (x.target.starts_with("/api/v1/runs?"))
    return has(x.target, "cursor=c2")
           ? local_server::json(
             R"({"items":[{"id":"r-2","state":"done","title":"B","spent":"0"}]})")
           : local_server::json(
             R"({"items":[{"id":"r-1","state":"failed","title":"A","spent":"1500000"}],"next_cursor":"c2"})");
  if (has(x.target, "/runs/r-1/answers"))
    return local_server::json(
      R"({"code":"conflict","detail":"ok was answered already"})", 409);
  return local_server::json(
    R"({"status":404,"code":"not_found","detail":"there is no such thing"})",
    404);
}

} // namespace

TEST_CASE("without a machine commands that need one say how to start it") {
  desk x;
  auto got = x.run({"run", "list"});
  CHECK(got.code == 6);
  CHECK(has(got.err, "themachine up"));
  CHECK(got.out.empty());
  CHECK(x.run({"down"}).code == 6);
  CHECK(x.run({"run", "Do this thing", "--repo", x.dir.path(), "--detach"}).code
        == 6);
}

TEST_CASE("a machine that is gone is not taken for one that is up") {
  desk x;
  {
    local_server server{answer};
    x.is_up(server);
  }
  auto got = x.run({"run", "list"});
  CHECK(got.code == 6);
  CHECK(has(got.err, "does not answer"));
}

TEST_CASE("lists are read to their end and shown as a table") {
  desk x;
  local_server server{answer};
  x.is_up(server);
  auto got = x.run({"run", "list"});
  CHECK(got.code == 0);
  CHECK(got.out
        == "run  state   spent  steps  began  title\n"
           "r-1  failed  $1.50      /  -      A\n"
           "r-2  done    $0.00      /  -      B\n");
  CHECK(got.err.empty());
}

TEST_CASE("a list of many pages is one JSON object") {
  desk x;
  local_server server{answer};
  x.is_up(server);
  auto got = x.run({"run", "list", "--json"});
  CHECK(
    got.out
    == R"({"items":[{"id":"r-1","state":"failed","title":"A","spent":"1500000"},)"
       R"({"id":"r-2","state":"done","title":"B","spent":"0"}]})"
       "\n");
}

TEST_CASE("a list that was cut short says so") {
  desk x;
  local_server server{answer};
  x.is_up(server);
  auto got = x.run({"run", "list", "--limit", "1"});
  CHECK(std::count(got.out.begin(), got.out.end(), '\n') == 2);
  CHECK(has(got.err, "only the first 1 are shown; see --limit"));
  got = x.run({"run", "list", "--limit", "1", "--json"});
  CHECK(got.out.ends_with("],\"next_cursor\":\"c2\"}\n"));
}

TEST_CASE("hints name the data directory that was named") {
  desk x;
  local_server server{answer};
  x.is_up(server);
  auto where = std::filesystem::absolute(x.dir.path()).string();
  auto got = x.run({"run", "show", "r-1"});
  CHECK(has(got.out, "themachine run answer r-1 ok --yes --data-dir " + where));
}

TEST_CASE("a run is shown with its steps, questions and bill") {
  desk x;
  local_server server{answer};
  x.is_up(server);
  auto got = x.run({"run", "show", "r-1"});
  CHECK(got.code == 0);
  CHECK(has(got.out, "T  failed"));
  CHECK(has(got.out, "$0.00013 of $0.50"));
  CHECK(has(got.out, "Ship it?"));
  CHECK(has(got.out, "themachine run answer r-1 ok --yes"));
  CHECK(has(got.out, "themachine run answer r-1 reconcile:a#1.1 --value "
                     "'{\"happened\":true}'"));
  CHECK(has(got.out, "themachine run answer r-1 n --value JSON"));
  CHECK(has(got.out, "3,200"));
}

TEST_CASE("errors of the machine become exit codes") {
  desk x;
  local_server server{answer};
  x.is_up(server);
  auto got = x.run({"run", "show", "r-9"});
  CHECK(got.code == 3);
  CHECK(got.err == "themachine: there is no such thing\n");
  CHECK(x.run({"run", "answer", "r-1", "--yes"}).code == 5);
  CHECK(x.run({"run", "events", "r-9", "--follow"}).code == 3);
}

TEST_CASE("a diff is passed on byte by byte") {
  desk x;
  local_server server{answer};
  x.is_up(server);
  CHECK(x.run({"run", "diff", "r-1"}).out == "+a\n\x1b-b\n");
}

TEST_CASE("events are shown from where one wants them") {
  desk x;
  local_server server{answer};
  x.is_up(server);
  auto got = x.run({"run", "events", "r-1", "--after", "29", "--json"});
  CHECK(got.code == 0);
  CHECK(std::count(got.out.begin(), got.out.end(), '\n') == 4);
  CHECK(got.out.starts_with(R"({"seq":"30")"));
  got = x.run({"run", "events", "r-1", "--after", "29"});
  CHECK(got.out == "✔ Published  branch themachine/r-1\n");
}

TEST_CASE("a run on a machine that is up is followed to its end") {
  desk x;
  local_server server{answer};
  x.is_up(server);
  auto got = x.run({"run", "Add human sizes", "--repo", x.dir.path(),
                    "--budget", "0.5", "--model", "demo"});
  CHECK(got.code == 0);
  CHECK(has(got.out, "● Write code and tests\n"));
  CHECK(has(got.out, "✔ Done in 15 s for $0.00033"));
  CHECK(has(got.out, "demo (scripted)"));
  auto requests = server.requests();
  auto i = std::find_if(requests.begin(), requests.end(),
                        [](auto& y) { return y.method == "POST"; });
  REQUIRE(i != requests.end());
  auto where = std::filesystem::canonical(x.dir.path()).string();
  CHECK(i->body
        == R"({"title":"Add human sizes","workflow_name":"feature","inputs":)"
           R"({"what":"Add human sizes"},"repository":")"
             + where + R"(","budget":"500000","model":"demo"})");
  CHECK(x.told.empty());
}

TEST_CASE("with --json a run tells its events and nothing else") {
  desk x;
  local_server server{answer};
  x.is_up(server);
  auto got = x.run({"run", "Do this thing", "--repo", x.dir.path(), "--json"});
  CHECK(got.code == 0);
  std::string expected;
  for (auto& json : test::whole_run())
    expected += json + "\n";
  CHECK(got.out == expected);
}

TEST_CASE("with --detach a run is only begun") {
  desk x;
  local_server server{answer};
  x.is_up(server);
  auto got =
    x.run({"run", "Do this thing", "--repo", x.dir.path(), "--detach"});
  CHECK(got.code == 0);
  CHECK(got.out == "r-1\n");
}

TEST_CASE("without a machine a run has one of its own, which is stopped") {
  desk x;
  local_server server{answer};
  x.machine_url = server.url();
  auto got = x.run({"run", "Do this thing", "--repo", x.dir.path()});
  CHECK(got.code == 0);
  CHECK(has(got.out, "✔ Done"));
  CHECK(x.told == std::vector<std::string>{"stop", "wait"});
  CHECK(x.port == "0");
  CHECK(x.wanted == cli::lifetime::of_command);
  x.run({"run", "Do this thing", "--repo", x.dir.path(), "--set",
         "gateway.port=7701"});
  CHECK(x.port == "7701");
}

TEST_CASE("a run ends with the reason when its own machine gives up") {
  desk x;
  std::promise<void> follows;
  x.collapse = follows.get_future().share();
  auto all = test::half_a_run();
  local_server server{[&, first = true](const received& y) mutable {
    if (!y.has("text/event-stream"))
      return answer(y);
    if (std::exchange(first, false))
      follows.set_value();
    return local_server::broken_stream("event: event\ndata: " + all[0]
                                       + "\n\n");
  }};
  x.machine_url = server.url();
  auto got = x.run({"run", "Do this thing", "--repo", x.dir.path()});
  CHECK(got.code == 1);
  CHECK(has(got.err, "its actors failed again and again"));
  CHECK(has(got.err, "themachine run show r-1 --data-dir " + x.dir.path()));
}

TEST_CASE("what stops a machine from starting is the exit code") {
  desk x;
  auto got = x.run({"run", "Do this thing", "--repo", x.dir.path()});
  CHECK(got.code == 5);
  CHECK(has(got.err, "the address is taken"));
  CHECK(x.run({"up"}).code == 5);
  CHECK(x.wanted == cli::lifetime::until_stopped);
}

TEST_CASE("what is wrong with a run is said before anything is started") {
  desk x;
  auto got = x.run({"run", "Do this thing", "--repo", "/no/such/place"});
  CHECK(got.code == 2);
  CHECK(has(got.err, "/no/such/place"));
  std::filesystem::remove(x.dir / ".git");
  got = x.run({"run", "Do this thing", "--repo", x.dir.path()});
  CHECK(got.code == 2);
  CHECK(has(got.err, "is no git repository"));
  std::filesystem::create_directory(x.dir / ".git");
  std::ofstream{x.dir / "w.yaml"} << "name: a\nstep: []\n";
  got = x.run({"run", "Do this thing", "--repo", x.dir.path(), "--workflow",
               x.dir / "w.yaml"});
  CHECK(got.code == 2);
  CHECK(has(got.err, "w.yaml:2"));
  CHECK(x.run({"run", "Do this thing", "--workflow", x.dir / "no.yaml"}).code
        == 3);
  std::ofstream big{x.dir / "big.yaml"};
  std::filesystem::resize_file(x.dir / "big.yaml", 100u << 20);
  got = x.run({"run", "Do this thing", "--workflow", x.dir / "big.yaml"});
  CHECK(got.code == 2);
  CHECK(has(got.err, "104857600 bytes"));
}

TEST_CASE("a workflow's file is checked without a machine") {
  desk x;
  std::ofstream{x.dir / "w.yaml"}
    << "name: a\nsteps:\n  - id: x\n    agent: {role: cod, prompt: x}\n";
  auto got = x.run({"workflow", "check", x.dir / "w.yaml"});
  CHECK(got.code == 2);
  CHECK(has(got.err, "did you mean code?"));
  std::ofstream{x.dir / "w.yaml"}
    << "name: a\nsteps:\n  - id: x\n    command: ls\n";
  got = x.run({"workflow", "check", x.dir / "w.yaml"});
  CHECK(got.code == 0);
  CHECK(has(got.out, "is sound: a, 1 steps"));
}

TEST_CASE("the configuration in force is shown with its origin") {
  desk x;
  std::ofstream{x.dir / "config.toml"} << "[run]\nbudget = \"2.50\"\n";
  auto got = x.run({"config", "show", "--origin"});
  CHECK(got.code == 0);
  CHECK(has(got.out, "config.toml:2"));
  CHECK(has(got.out, "2.50"));
  CHECK(x.run({"config", "check"}).code == 0);
  std::ofstream{x.dir / "config.toml"} << "[run]\nbudgte = \"2.50\"\n";
  got = x.run({"config", "check"});
  CHECK(got.code == 2);
  CHECK(has(got.err, "run.budget"));
}

TEST_CASE("the example of a configuration is a configuration") {
  desk x;
  auto got = x.run({"config", "example"});
  CHECK(got.code == 0);
  std::ofstream{x.dir / "example.toml"} << got.out;
  CHECK(x.run({"config", "check", x.dir / "example.toml"}).code == 0);
}

TEST_CASE("a store that is not there is not made by looking at it") {
  desk x;
  CHECK(x.run({"store", "verify"}).code == 3);
  CHECK(x.run({"store", "backup", x.dir / "copy"}).code == 3);
  CHECK(!std::filesystem::exists(x.dir / "store"));
}
