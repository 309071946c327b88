#include "runtime/telemetry/log.hpp"

#include "tests/support/directory.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <vector>

using namespace machine;

namespace {

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream in{path};
  std::vector<std::string> result;
  for (std::string line; std::getline(in, line);)
    result.push_back(line);
  return result;
}

} // namespace

TEST_CASE("a line of text has a time, a level, a sentence and its fields") {
  test::temporary_directory dir;
  auto log = logger::open({log_level::info, log_format::text, dir / "log"});
  REQUIRE(log);
  log->info("the run ends", {{"run", "r-1"}, {"why", "no money"}});
  log->write(log_level::debug, "nobody asked");
  auto lines = lines_of(dir / "log");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("Z info the run ends run=r-1 why=\"no money\"")
        != std::string::npos);
}

TEST_CASE("a field without a value is left out") {
  test::temporary_directory dir;
  for (auto format : {log_format::text, log_format::json}) {
    auto path = dir / (format == log_format::text ? "text" : "json");
    auto log = logger::open({log_level::info, format, path});
    REQUIRE(log);
    log->info("the run ends", {{"trace", ""}, {"run", "r-1"}});
    auto lines = lines_of(path);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("trace") == std::string::npos);
    CHECK(lines[0].find("r-1") != std::string::npos);
  }
}

TEST_CASE("nothing that is logged looks like another line") {
  test::temporary_directory dir;
  for (auto format : {log_format::text, log_format::json}) {
    auto path = dir / (format == log_format::text ? "text" : "json");
    auto log = logger::open({log_level::info, format, path});
    REQUIRE(log);
    log->warn("a\nb", {{"x", "1\n2026 error forged\r"}});
    auto lines = lines_of(path);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find('\r') == std::string::npos);
  }
}

TEST_CASE("a line of JSON has the same") {
  test::temporary_directory dir;
  auto log = logger::open({log_level::trace, log_format::json, dir / "log"});
  REQUIRE(log);
  log->error("the disk is full", {{"shard", "7"}});
  auto lines = lines_of(dir / "log");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find(
          R"("level":"error","message":"the disk is full","shard":"7"})")
        != std::string::npos);
}

TEST_CASE("a log that cannot be written is an error, and none is silent") {
  auto log = logger::open({log_level::info, log_format::text, "/proc/no/log"});
  REQUIRE(!log);
  CHECK(code_of(log.error()) == ec::io_failed);
  logger{}.info("nobody hears this");
}
