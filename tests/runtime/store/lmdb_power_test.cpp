#include "tests/runtime/store/fault_fixture.hpp"

#include <map>
#include <random>

using namespace machine;
using namespace machine::test;

namespace {

/// A file as the power may leave it.
class image {
public:
  explicit image(std::string content) : content_(std::move(content)) {}

  void apply(const disk_step& x) {
    auto at = static_cast<size_t>(x.at);
    content_.resize(std::max(content_.size(), at + x.data.size()));
    content_.replace(at, x.data.size(), x.data);
  }

  const std::string& content() const {
    return content_;
  }

private:
  std::string content_;
};

/// What has happened to a store's file, and what its writer was told.
struct history {
  std::string before;
  std::vector<disk_step> steps;
  /// How many steps there were when the event with that number was there.
  std::map<uint64_t, size_t> acknowledged;
};

/// What is on the disk after the first *count* steps. Writes that no sync has
/// brought there may be on it or not: *chance* decides for each.
template <class Chance>
std::string crash(const history& of, size_t count, Chance chance) {
  image disk{of.before};
  std::vector<const disk_step*> pending;
  for (size_t i = 0; i < count; ++i) {
    auto& step = of.steps[i];
    if (step.what == disk_step::kind::sync) {
      for (auto* x : std::exchange(pending, {}))
        disk.apply(*x);
    } else if (step.durable) {
      disk.apply(step);
    } else {
      pending.push_back(&step);
    }
  }
  for (auto* x : pending)
    if (chance())
      disk.apply(*x);
  return disk.content();
}

std::string text_of(uint64_t seq) {
  return "event " + std::to_string(seq) + std::string(seq * 997 % 9'000, 'x');
}

void check_crash(const history& of, const std::string& content, size_t count) {
  temporary_directory dir;
  write_file(dir / "data.mdb", content);
  auto engine =
    open_store(dir.path(), {.map_initial = 1u << 24,
                            .sync = store::lmdb_options::durability::none});
  auto report = engine->verify();
  REQUIRE(report);
  if (!report->corruptions.empty())
    FAIL(report->corruptions.front().key + ": "
         + report->corruptions.front().what);
  auto log = payloads(*engine, stream_b);
  for (auto [seq, at] : of.acknowledged) {
    if (at > count)
      break;
    REQUIRE(log.size() >= seq);
    REQUIRE(log[seq - 1] == text_of(seq));
  }
  // And it can be written to.
  REQUIRE(append(*engine, batch_of(stream_a, 1, {"after"})));
}

} // namespace

TEST_CASE_METHOD(fault_fixture, "wherever the power fails, the store is sound "
                                "and has what was acknowledged") {
  history all;
  all.before = read_file(data_path());
  {
    disk_recorder disk{data_path()};
    for (uint64_t seq = 1; seq <= 24; ++seq) {
      // Some fail, as a disk does, and are written again with other content.
      if (seq % 4 == 0) {
        arm(fault::root_taken_back);
        CHECK(code(append(*engine, batch_of(stream_b, seq - 1,
                                            {std::string(7'000, 'f')})))
              == ec::io_failed);
      }
      auto part = events(stream_b, seq - 1, {text_of(seq)});
      part.summary = store::summary_row{{{"n", std::to_string(seq % 3)}}, {}};
      part.snapshot =
        store::snapshot{seq, "v1", to_bytes(std::string(seq * 300, 's'))};
      REQUIRE(append(*engine, batch_of(part)));
      all.acknowledged.emplace(seq, disk.steps().size());
    }
    all.steps = disk.steps();
  }
  REQUIRE(all.steps.size() > 24 * 3);
  std::minstd_rand random{7};
  for (size_t count = 0; count <= all.steps.size(); ++count) {
    CAPTURE(count);
    check_crash(all, crash(all, count, [] { return false; }), count);
    check_crash(all, crash(all, count, [&] { return random() % 2 == 0; }),
                count);
  }
}
