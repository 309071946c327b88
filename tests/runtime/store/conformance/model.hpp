#pragma once

#include "tests/runtime/store/conformance/support.hpp"

#include <map>
#include <random>

namespace machine::test {

/// What a store is, without a disk: the rules that a batch must keep to.
struct model {
  struct stream {
    texts log;
    std::string row;
    std::optional<store::snapshot> image;
  };

  std::map<store::stream_id, stream> streams;
  uint64_t epoch = 0;

  /// The outcome of *what*.
  ec apply(const store::batch& what) {
    if (what.epoch != epoch)
      return ec::fenced;
    for (auto& part : what.streams)
      if (part.expected_seq != streams[part.stream].log.size())
        return ec::conflict;
    for (auto& one : what.erased)
      if (auto& log = streams[one.stream].log;
          !log.empty() && one.expected_seq != log.size())
        return ec::conflict;
    for (auto& one : what.erased)
      streams[one.stream] = {};
    for (auto& part : what.streams) {
      auto& at = streams[part.stream];
      for (auto& event : part.events)
        at.log.emplace_back(as_text(event));
      if (part.summary)
        at.row = as_text(part.summary->body);
      if (part.snapshot && (!at.image || at.image->seq <= part.snapshot->seq))
        at.image = part.snapshot;
    }
    return ec::none;
  }
};

/// Compares the store with the model over many batches, good and bad.
inline void check_model(const store_under_test& it) {
  constexpr uint32_t shard = 2;
  std::mt19937 random{1'124};
  auto pick = [&](size_t n) { return static_cast<size_t>(random() % n); };
  model expected;
  auto engine = it.open();
  auto random_part = [&](size_t i) {
    store::stream_id id{"run", "t", std::to_string(i)};
    auto last = expected.streams[id].log.size();
    auto part = events(id, pick(8) == 0 ? last + pick(3) : last,
                       texts(1 + pick(4), std::to_string(random())));
    auto end = part.expected_seq + part.events.size();
    if (pick(2) == 0)
      part.summary = store::summary_row{{{"n", std::to_string(pick(3))}},
                                        to_bytes(std::to_string(random()))};
    if (pick(4) == 0)
      part.snapshot = store::snapshot{1 + pick(end), "v1",
                                      to_bytes(std::to_string(random()))};
    return part;
  };
  for (int round = 0; round < 400; ++round) {
    if (pick(100) == 0) {
      engine = nullptr;
      engine = it.open();
    }
    if (pick(40) == 0) {
      auto lease = engine->claim_shard(shard, "one", duration{60'000});
      REQUIRE(lease);
      CHECK(lease->epoch > expected.epoch);
      expected.epoch = lease->epoch;
    }
    store::batch what;
    what.shard = shard;
    what.epoch = pick(20) == 0 ? expected.epoch + 1 : expected.epoch;
    auto first = pick(6);
    for (size_t n = 1 + pick(3); n > 0; --n)
      what.streams.push_back(random_part(first++));
    if (pick(4) == 0) {
      store::stream_id id{"run", "t", std::to_string(first)};
      auto last = expected.streams[id].log.size();
      what.erased.push_back({id, pick(4) == 0 ? last + 1 : last});
    }
    REQUIRE(code(append(*engine, what)) == expected.apply(what));
  }
  for (auto& [id, stream] : expected.streams) {
    REQUIRE(*engine->last_seq(id) == stream.log.size());
    CHECK(payloads(*engine, id) == stream.log);
    CHECK(*engine->read_snapshot(id) == stream.image);
    auto row = engine->read_summary(id);
    CHECK((row ? std::string{as_text(row->summary.body)} : "") == stream.row);
  }
  CHECK(engine->verify()->corruptions.empty());
}

} // namespace machine::test
