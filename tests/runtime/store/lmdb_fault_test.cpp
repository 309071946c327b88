#include "tests/runtime/store/fault_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include <fcntl.h>

using namespace machine;
using namespace machine::test;

TEST_CASE_METHOD(fault_fixture, "a disk without room fails one append") {
  CHECK(append_with(fault::data_no_room) == ec::storage_full);
  check_unharmed();
}

TEST_CASE_METHOD(fault_fixture, "a disk that takes a part fails one append") {
  // There is room, so it is the disk that is broken.
  CHECK(append_with(fault::data_in_part) == ec::io_failed);
  check_unharmed();
}

TEST_CASE_METHOD(fault_fixture, "a sync that fails fails one append") {
  CHECK(append_with(fault::sync) == ec::io_failed);
  check_unharmed();
}

TEST_CASE_METHOD(fault_fixture, "the store opens itself again after LMDB gave "
                                "up") {
  CHECK(append_with(fault::root) == ec::io_failed);
  check_unharmed();
}

TEST_CASE_METHOD(fault_fixture, "an append that reached the disk in spite of "
                                "an error has succeeded") {
  CHECK(append_with(fault::root_though_written, 2) == ec::none);
  CHECK(*engine->last_seq(stream_a) == 51);
  engine = nullptr;
  engine = open();
  CHECK(*engine->last_seq(stream_a) == 51);
  CHECK(engine->verify()->corruptions.empty());
}

TEST_CASE_METHOD(fault_fixture, "a fault hits those in its commit, and each "
                                "append tells the truth") {
  std::vector<std::future<caf::expected<void>>> outcomes;
  arm(fault::data_no_room, 3);
  for (int i = 0; i < 40; ++i) {
    auto outcome = std::make_shared<std::promise<caf::expected<void>>>();
    outcomes.push_back(outcome->get_future());
    engine->append(
      batch_of({"run", "t", "s" + std::to_string(i)}, 0,
               {std::string(2'000, 'x')}),
      [outcome](caf::expected<void> x) { outcome->set_value(std::move(x)); });
  }
  for (int i = 0; i < 40; ++i) {
    auto x = outcomes[static_cast<size_t>(i)].get();
    CHECK((x || code_of(x.error()) == ec::storage_full));
    CHECK(*engine->last_seq({"run", "t", "s" + std::to_string(i)})
          == (x ? 1u : 0u));
  }
  armed = fault::none;
  check_unharmed();
}

TEST_CASE_METHOD(fault_fixture, "who finds no room in a shared commit does not "
                                "take the others along") {
  std::atomic<size_t> done{0};
  std::atomic<size_t> refused{0};
  blocker busy{*engine};
  for (int i = 0; i < 32; ++i)
    engine->append(batch_of({"run", "t", "s" + std::to_string(i)}, 0,
                            {std::string(2'000, 'x')}),
                   [&](caf::expected<void> x) {
                     done += x ? 1 : 0;
                     refused += code(x) == ec::storage_full ? 1 : 0;
                   });
  // As many as there are halves, down to a single one.
  arm(fault::data_no_room, 6);
  busy.end();
  engine->close();
  CHECK(refused == 1);
  CHECK(done == 31);
  CHECK(faults_left == 0);
  armed = fault::none;
  engine = open();
  check_unharmed();
}

TEST_CASE_METHOD(fault_fixture, "readers go on while LMDB has given up") {
  std::atomic<size_t> wrong{0};
  std::jthread reader{[&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      auto log = engine->read(stream_a, 1, 10, 1'000);
      wrong += log && !log->empty() ? 0 : 1;
    }
  }};
  for (int i = 0; i < 20; ++i)
    CHECK(append_with(fault::root) == ec::io_failed);
  reader.request_stop();
  reader.join();
  CHECK(wrong == 0);
  check_unharmed();
}

TEST_CASE_METHOD(fault_fixture,
                 "an append that reached the disk has succeeded, "
                 "whoever opens the store again") {
  std::vector<std::jthread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&](std::stop_token stop) {
      while (!stop.stop_requested())
        static_cast<void>(engine->last_seq(stream_b));
    });
  for (uint64_t i = 0; i < 50; ++i) {
    arm(fault::root_though_written, 2);
    CHECK(append(*engine, batch_of(stream_b, i, {"x"})));
    REQUIRE(*engine->last_seq(stream_b) == i + 1);
  }
}

TEST_CASE_METHOD(fault_fixture, "what LMDB has taken back is brought to the "
                                "disk before anything is written") {
  disk_recorder disk{data_path()};
  CHECK(append_with(fault::root_taken_back) == ec::io_failed);
  auto steps = disk.steps();
  REQUIRE(steps.size() > 2);
  auto& taken_back = steps[steps.size() - 2];
  CHECK(taken_back.what == disk_step::kind::write);
  CHECK(!taken_back.durable);
  CHECK(steps.back().what == disk_step::kind::sync);
  check_unharmed();
}

TEST_CASE_METHOD(fault_fixture, "a backup ends when LMDB gives up, and holds "
                                "up nobody") {
  temporary_directory place;
  ec outcome{};
  {
    held_write slow_disk;
    std::jthread backup{
      [&] { outcome = code(engine->backup(place / "copy")); }};
    slow_disk.wait_for_writer();
    CHECK(append_with(fault::root) == ec::io_failed);
    CHECK(payloads(*engine, stream_a) == texts{"1"});
    REQUIRE(append(*engine, batch_of(stream_b, 0, {"x"})));
    backup.join();
  }
  CHECK(outcome == ec::unavailable);
  REQUIRE(engine->backup(place / "copy"));
  CHECK(payloads(*open_store(place / "copy"), stream_b) == texts{"x"});
  check_unharmed();
}

TEST_CASE_METHOD(fault_fixture, "verify finds nothing that is not there while "
                                "LMDB gives up beside it") {
  std::vector<std::string> wrong;
  std::jthread checking{[&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      auto report = engine->verify();
      if (!report && code(report) != ec::unavailable)
        wrong.push_back(render(report.error()));
      if (report)
        for (auto& x : report->corruptions)
          wrong.push_back(x.key + ": " + x.what);
    }
  }};
  for (int i = 0; i < 50; ++i)
    CHECK(append_with(fault::root) == ec::io_failed);
  checking.request_stop();
  checking.join();
  CHECK(wrong == std::vector<std::string>{});
  check_unharmed();
}

TEST_CASE_METHOD(fault_fixture, "a map that finds no room to grow fails one "
                                "append, even while a backup is made") {
  engine = nullptr;
  engine = open({.map_initial = 1u << 20, .map_step = 1u << 20});
  temporary_directory place;
  ec outcome{};
  {
    held_write slow_disk;
    std::jthread backup{
      [&] { outcome = code(engine->backup(place / "copy")); }};
    slow_disk.wait_for_writer();
    arm(fault::map);
    const texts much(16, std::string(100u << 10, 'x'));
    CHECK(code(append(*engine, batch_of(stream_b, 0, much)))
          == ec::storage_full);
    CHECK(faults_left == 0);
    CHECK(payloads(*engine, stream_a) == texts{"1"});
    CHECK(append(*engine, batch_of(stream_b, 0, much)));
    backup.join();
  }
  CHECK(outcome == ec::unavailable);
  CHECK(engine->backup(place / "copy"));
  check_unharmed();
}

TEST_CASE_METHOD(fault_fixture, "programs that this one starts do not inherit "
                                "the store") {
  auto count_files = [&] {
    size_t count = 0;
    for (auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
      std::error_code gone;
      auto target = std::filesystem::read_symlink(entry.path(), gone).string();
      if (target.find("themachine-") == std::string::npos)
        continue;
      INFO(target);
      auto flags =
        ::fcntl(std::stoi(entry.path().filename().string()), F_GETFD);
      CHECK((flags & FD_CLOEXEC) != 0);
      ++count;
    }
    return count;
  };
  // The lock, LMDB's lock, and LMDB's file twice.
  CHECK(count_files() == 4);
  CHECK(append_with(fault::root) == ec::io_failed);
  REQUIRE(*engine->last_seq(stream_a) == 1);
  CHECK(count_files() == 4);
  temporary_directory place;
  std::jthread backup;
  held_write slow_disk;
  backup =
    std::jthread{[&] { static_cast<void>(engine->backup(place / "x")); }};
  slow_disk.wait_for_writer();
  // And the copy twice, and the file that is read.
  CHECK(count_files() == 7);
}

TEST_CASE_METHOD(lmdb_fixture, "a new directory is on the disk with all those "
                               "above it") {
  auto all = [&](const std::string& top) {
    return std::set<std::string>{dir.path(), dir / top, dir / (top + "/b"),
                                 dir / (top + "/b/c")};
  };
  auto missing = [](const std::set<std::string>& of,
                    const std::set<std::string>& in) {
    texts result;
    std::set_difference(of.begin(), of.end(), in.begin(), in.end(),
                        std::back_inserter(result));
    return result;
  };
  disk_recorder disk;
  auto engine = open_store(dir / "a/b/c/");
  CHECK(missing(all("a"), disk.synced_directories()) == texts{});
  REQUIRE(engine->backup(dir / "copies/b/c/"));
  CHECK(missing(all("copies"), disk.synced_directories()) == texts{});
}
