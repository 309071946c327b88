#pragma once

#include "runtime/store/store.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace machine::test {

using engine_ptr = std::shared_ptr<store::engine>;

/// What the suite has to know of the engine that it tests.
struct store_under_test {
  /// Opens the same store again. Unless `several` is true, the engine that was
  /// open is gone by then.
  std::function<engine_ptr()> open;
  /// Whether several engines may have the store open at once.
  bool several = false;
  /// Makes a backup and opens it; empty if the engine makes none.
  std::function<engine_ptr(store::engine&)> open_backup;
};

/// The stream most sections write to.
inline const store::stream_id stream_a{"run", "t", "a"};
inline const store::stream_id stream_b{"run", "t", "b"};

/// Appends and waits for the outcome.
inline caf::expected<void> append(store::engine& engine, store::batch what) {
  auto outcome = std::make_shared<std::promise<caf::expected<void>>>();
  auto result = outcome->get_future();
  engine.append(std::move(what), [outcome](caf::expected<void> x) {
    outcome->set_value(std::move(x));
  });
  return result.get();
}

inline store::stream_append events(store::stream_id stream, uint64_t expected,
                                   const std::vector<std::string>& payloads) {
  store::stream_append result;
  result.stream = std::move(stream);
  result.expected_seq = expected;
  for (auto& x : payloads)
    result.events.push_back(to_bytes(x));
  return result;
}

inline store::batch batch_of(store::stream_append one) {
  store::batch result;
  result.streams.push_back(std::move(one));
  return result;
}

/// A batch that appends *payloads* to *stream*.
inline store::batch batch_of(const store::stream_id& stream, uint64_t expected,
                             const std::vector<std::string>& payloads) {
  return batch_of(events(stream, expected, payloads));
}

/// The code of a result's error.
template <class T>
ec code(const caf::expected<T>& x) {
  return x ? ec::none : code_of(x.error());
}

/// The payloads of all events from *from* on, whose numbers have no gap.
inline std::vector<std::string> payloads(store::engine& engine,
                                         const store::stream_id& stream,
                                         uint64_t from = 1) {
  auto read = engine.read(stream, from, 100'000, 1u << 30);
  if (!read)
    FAIL(render(read.error()));
  std::vector<std::string> result;
  for (auto& event : *read) {
    REQUIRE(event.seq == from++);
    result.emplace_back(as_text(event.payload));
  }
  return result;
}

using texts = std::vector<std::string>;

} // namespace machine::test
