#include "runtime/config/config.hpp"

#include "tests/support/directory.hpp"

#include <catch2/catch.hpp>

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace machine;
using namespace machine::config;

namespace {

struct fixture {
  test::temporary_directory dir;
  std::map<std::string, std::string> environment{{"HOME", "/home/ann"}};
  sources from;

  fixture() {
    from.environment = [this](const std::string& name) {
      auto i = environment.find(name);
      return i == environment.end() ? std::nullopt
                                    : std::optional<std::string>{i->second};
    };
  }

  void file(const std::string& text) {
    from.file = dir / "c.toml";
    std::ofstream{*from.file} << text;
  }

  machine::config::config load() {
    auto x = machine::config::config::load(from);
    if (!x)
      FAIL(render(x.error()));
    return *x;
  }

  std::string problem() {
    auto x = machine::config::config::load(from);
    return x ? "none" : message_of(x.error());
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "without HOME the system says where it is") {
  environment.erase("HOME");
  auto* entry = ::getpwuid(::getuid());
  REQUIRE(entry != nullptr);
  CHECK(load().text("data.dir")
        == std::string{entry->pw_dir} + "/.local/share/themachine");
}

TEST_CASE_METHOD(fixture, "later sources win, and each value has its origin") {
  auto x = load();
  CHECK(x.integer("gateway.port") == 7700);
  CHECK(x.all().at("gateway.port").origin == "default");
  CHECK(x.text("data.dir") == "/home/ann/.local/share/themachine");
  file("[gateway]\nport = 1\n[store]\nmap_limit = \"2GiB\"\n");
  CHECK(load().all().at("gateway.port").origin == "file " + *from.file + ":2");
  CHECK(load().size("store.map_limit") == uint64_t{2} << 30);
  environment["THEMACHINE_GATEWAY_PORT"] = "2";
  CHECK(load().all().at("gateway.port").origin
        == "environment THEMACHINE_GATEWAY_PORT");
  from.flags["gateway.port"] = "3";
  CHECK(load().integer("gateway.port") == 3);
  CHECK(load().all().at("gateway.port").origin == "flag");
}

TEST_CASE_METHOD(fixture,
                 "what is wrong is told with its origin, all at once") {
  file("[gateway]\nprt = 1\nport = 99999\n[run]\nbudget = \"1.0000001\"\n");
  auto text = problem();
  CHECK(text.find(*from.file
                  + ":2: there is no setting gateway.prt; did you "
                    "mean gateway.port?")
        != std::string::npos);
  CHECK(text.find("gateway.port is 99999; it must be from 0 to 65535")
        != std::string::npos);
  CHECK(text.find("run.budget is \"1.0000001\"; it must be dollars")
        != std::string::npos);
  file("[gateway\n");
  CHECK(problem().find("c.toml:1: this is no TOML") != std::string::npos);
  from.file = dir / "missing.toml";
  CHECK(problem().find("cannot read the configuration") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a variable that is no setting is told") {
  from.variables = {"HOME", "THEMACHINE_GATEWAY_PROT", "THEMACHINE_LOG_LEVEL"};
  CHECK(problem()
        == "environment: there is no setting THEMACHINE_GATEWAY_PROT; did you "
           "mean THEMACHINE_GATEWAY_PORT?");
  // What Kubernetes sets for a service of the name themachine.
  environment["THEMACHINE_PORT"] = "tcp://10.0.0.1:7700";
  from.variables = {
    "THEMACHINE_SERVICE_HOST",          "THEMACHINE_SERVICE_PORT",
    "THEMACHINE_SERVICE_PORT_HTTP",     "THEMACHINE_PORT",
    "THEMACHINE_PORT_7700_TCP",         "THEMACHINE_PORT_7700_TCP_ADDR",
    "THEMACHINE_WORKER_PORT_1_TCP_PORT"};
  CHECK(problem() == "none");
  environment["THEMACHINE_PORT"] = "7700";
  CHECK(problem().find("no setting THEMACHINE_PORT") != std::string::npos);
  auto all = process_variables();
  CHECK(std::find(all.begin(), all.end(), "PATH") != all.end());
}

TEST_CASE_METHOD(fixture, "a directory is no configuration") {
  from.file = dir.path();
  CHECK(problem()
        == "the configuration " + dir.path() + " is a directory; name a file");
}

TEST_CASE_METHOD(fixture, "a number that must be in quotes is told once") {
  file("[run]\nbudget = 0.50\n");
  CHECK(problem()
        == *from.file
             + ":2: run.budget must be text, a whole number or a boolean; "
               "write it in quotes");
  file("[run]\nbudget = [1]\n");
  CHECK(problem().find("quotes") == std::string::npos);
}

TEST_CASE_METHOD(fixture, "private addresses need leave") {
  CHECK(!load().boolean("net.allow_private"));
}

TEST_CASE_METHOD(fixture, "a file that is nested without end is refused") {
  auto repeat = [](const std::string& part, size_t times) {
    std::string result;
    while (times-- > 0)
      result += part;
    return result;
  };
  for (auto& text :
       {repeat("a.", 400'000) + "a = 1\n", "\n[" + repeat("a .", 64) + "a]\n",
        repeat("'a'.", 64) + "a = 1\n", "a = " + repeat("[", 33) + "\n",
        "a = " + repeat("{a=", 100) + "\n"}) {
    file(text);
    CHECK(problem().find("nested too deeply") != std::string::npos);
  }
  file("[log]\nlevel = 'info' # " + repeat(".", 100) + "\nfile = \"\"\""
       + repeat("...\n\\\"\"[[", 40) + "\"\"\"\n");
  CHECK(problem().find("nested") == std::string::npos);
  file(repeat("a.", 63) + "a = 1\n[gateway]\nport = " + "["
       + repeat("1.5, ", 100) + "]\n");
  CHECK(problem().find("nested") == std::string::npos);
}

TEST_CASE_METHOD(fixture, "a secret is never shown") {
  environment["OPENAI_API_KEY"] = "sk-very-secret";
  auto x = load();
  CHECK(x.text("models.openai_key") == "sk-very-secret");
  CHECK(x.to_json().find("very-secret") == std::string::npos);
  CHECK(x.all().at("models.openai_key").shown() == "********");
  environment["OPENAI_API_KEY"] = "sk-very-secret\n";
  CHECK(problem().find("very-secret") == std::string::npos);
}

TEST_CASE_METHOD(fixture, "who one is to a proxy is never shown") {
  environment["THEMACHINE_NET_PROXY"] = "http://ann:s3cr@t@proxy:3128/";
  auto x = load();
  CHECK(x.text("net.proxy") == "http://ann:s3cr@t@proxy:3128/");
  CHECK(x.all().at("net.proxy").shown() == "http://********@proxy:3128/");
  CHECK(x.to_json().find("s3cr") == std::string::npos);
  environment["THEMACHINE_NET_PROXY"] = "ann:s3cr@t@proxy:3128";
  x = load();
  CHECK(x.all().at("net.proxy").shown() == "********@proxy:3128");
  CHECK(x.to_json().find("s3cr") == std::string::npos);
  environment["THEMACHINE_NET_PROXY"] = "http://proxy:3128/a@b";
  CHECK(load().all().at("net.proxy").shown() == "http://proxy:3128/a@b");
}

TEST_CASE_METHOD(fixture, "numbers are read exactly or not at all") {
  CHECK(parse_duration("250ms") == duration{250});
  CHECK(parse_duration("2h") == duration{7'200'000});
  CHECK(!parse_duration("2"));
  CHECK(!parse_duration("-1s"));
  CHECK(!parse_duration("99999999999d"));
  CHECK(parse_size("64KiB") == 65'536);
  CHECK(!parse_size("1KB"));
  CHECK(!parse_size("99999999999GiB"));
}

TEST_CASE_METHOD(fixture, "a limit is a length of time, or never") {
  CHECK(load().limit("retention.archive_after") == duration{30LL * 86'400'000});
  CHECK(!load().limit("retention.erase_after"));
  from.flags["retention.archive_after"] = "1s";
  from.flags["retention.collect_every"] = "never";
  CHECK(load().limit("retention.archive_after") == duration{1'000});
  CHECK(!load().limit("retention.collect_every"));
  from.flags["retention.archive_after"] = "often";
  CHECK(problem()
        == "flag: retention.archive_after is \"often\"; it must be a length of "
           "time such as 10s, 2h or 30d, or never");
  from.flags["retention.archive_after"] = "0s";
  CHECK(problem().find("it must be from 1 to ") != std::string::npos);
  // A duration is always one.
  from.flags = {{"retention.blob_grace", "never"}};
  CHECK(problem().find("such as 250ms") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a run is not erased sooner than archived") {
  from.flags["retention.erase_after"] = "10d";
  CHECK(problem()
        == "flag: retention.erase_after is 10d, sooner than "
           "retention.archive_after (30d); a run is archived before it is "
           "erased, so make it at least as long");
  from.flags["retention.archive_after"] = "240h";
  CHECK(problem() == "none");
  from.flags["retention.archive_after"] = "never";
  CHECK(problem() == "none");
}

TEST_CASE_METHOD(fixture, "the example file is a file of defaults") {
  file(example_file());
  CHECK(problem() == "none");
  std::string all = example_file();
  std::string plain;
  for (size_t at = 0; at < all.size();) {
    auto end = all.find('\n', at);
    auto line = all.substr(at, end - at);
    at = end + 1;
    auto setting = line.starts_with("# ") && line.find(" = ") != line.npos
                && line.find(' ', 2) == line.find(" = ");
    plain += (setting ? line.substr(2) : line) + "\n";
  }
  file(plain);
  CHECK(problem() == "none");
}

TEST_CASE_METHOD(fixture, "the data directory is an absolute path") {
  auto here = std::filesystem::current_path();
  for (auto& [given, expected] :
       std::vector<std::pair<std::string, std::string>>{
         {"d", (here / "d").string()},
         {"../d/", (here.parent_path() / "d").string()},
         {"/a/./b/../c/", "/a/c"},
         {"~/d", "/home/ann/d"},
         {"/", "/"}}) {
    from.flags["data.dir"] = given;
    CHECK(load().text("data.dir") == expected);
  }
  from.flags["data.dir"] = "";
  CHECK(problem() == "data.dir is empty; name a directory");
}
