#include "runtime/telemetry/process_metrics.hpp"

#include "tests/runtime/telemetry/prometheus_text.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <chrono>

#include <fcntl.h>
#include <unistd.h>

using namespace machine;

namespace {

/// As proc(5) has it, from the third field on.
constexpr auto rest = " S 1 1 1 0 -1 4194560 100 0 1 0 250 50 0 0 20 0 8 0 "
                      "12345 1048576 300 18446744073709551615 1 1 0\n";

} // namespace

TEST_CASE("a program's name can forge none of its numbers") {
  process_stat expected{250, 50, 12345, 1048576, 300};
  for (auto* name : {"(themachine)", "(a b)", "()) S 9 9 9 (x)", "((\n)"})
    CHECK(parse_process_stat(std::string{"42 "} + name + rest) == expected);
}

TEST_CASE("what is no line of /proc is read as none") {
  constexpr auto many = "42 (x) S 1 1 1 0 -1 4194560 100 0 1 0 many 50 0 0 20 "
                        "0 8 0 12345 1048576 300";
  for (auto* text : {"", "42", "42 (x)", "42 (x) S 1 1", many})
    CHECK(!parse_process_stat(text));
  CHECK(!parse_boot_time("cpu 1 2 3\n"));
  CHECK(!parse_boot_time("cpu 1\nbtime soon\n"));
  CHECK(parse_boot_time("cpu 1\nbtime 1700000000\nctxt 1\n") == 1'700'000'000);
  CHECK(rc::check([](const std::string& text) {
    static_cast<void>(parse_process_stat(text));
    static_cast<void>(parse_process_stat("1 (x) " + text));
    static_cast<void>(parse_boot_time("\nbtime " + text));
  }));
}

TEST_CASE("this process is seen as it is") {
  metrics all;
  auto kept = add_process_metrics(all);
  REQUIRE(kept);
  auto before = test::scrape(all.render());
  CHECK(before["process_resident_memory_bytes"] > 1 << 20);
  CHECK(before["process_virtual_memory_bytes"]
        >= before["process_resident_memory_bytes"]);
  CHECK(before["process_max_fds"] >= before["process_open_fds"]);
  CHECK(before.types.at("process_cpu_seconds_total") == "counter");
  auto now = std::chrono::duration<double>(
               std::chrono::system_clock::now().time_since_epoch())
               .count();
  CHECK(before["process_start_time_seconds"] <= now + 2);
  CHECK(before["process_start_time_seconds"] > now - 86'400);

  auto fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  auto with_one_more = test::scrape(all.render());
  ::close(fd);
  CHECK(with_one_more["process_open_fds"] == before["process_open_fds"] + 1);
  CHECK(with_one_more["process_cpu_seconds_total"]
        >= before["process_cpu_seconds_total"]);
}
