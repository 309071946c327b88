#pragma once

#include "tests/runtime/store/conformance/support.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

namespace machine::test {

/// *from* with notices *payloads* for *stream*.
inline store::batch with_notices(store::batch from,
                                 const store::stream_id& stream,
                                 const texts& payloads) {
  for (auto& x : payloads)
    from.notices.push_back({stream, to_bytes(x)});
  return from;
}

inline void check_notices(const store_under_test& it) {
  auto engine = it.open();
  const store::stream_id topic{"topic", "t", "runs"};
  const store::stream_id other{"topic", "u", "runs"};
  SECTION("notices get the next numbers of their stream") {
    auto first = with_notices(batch_of(stream_a, 0, {"1"}), topic, {"x"});
    REQUIRE(append(*engine, with_notices(first, other, {"elsewhere"})));
    REQUIRE(append(
      *engine, with_notices(batch_of(stream_b, 0, {"1"}), topic, {"y", "z"})));
    CHECK(payloads(*engine, topic) == texts{"x", "y", "z"});
    CHECK(payloads(*engine, other) == texts{"elsewhere"});
    CHECK(*engine->last_seq(topic) == 3);
    engine = nullptr;
    engine = it.open();
    REQUIRE(append(*engine, with_notices({}, topic, {"w"})));
    CHECK(payloads(*engine, topic, 3) == texts{"z", "w"});
    CHECK(engine->verify()->corruptions.empty());
  }
  SECTION("what is refused leaves no notice") {
    REQUIRE(append(*engine, batch_of(stream_a, 0, {"1"})));
    CHECK(code(append(*engine,
                      with_notices(batch_of(stream_a, 0, {"2"}), topic, {"x"})))
          == ec::conflict);
    auto fenced = with_notices(batch_of(stream_a, 1, {"2"}), topic, {"x"});
    fenced.epoch = 7;
    CHECK(code(append(*engine, fenced)) == ec::fenced);
    CHECK(*engine->last_seq(topic) == 0);
  }
  SECTION("a stream gets notices or something else, not both at once") {
    auto both = with_notices(batch_of(stream_a, 0, {"1"}), stream_a, {"x"});
    CHECK(code(append(*engine, both)) == ec::invalid_argument);
    store::batch gone;
    gone.erased.push_back({topic, 0});
    CHECK(code(append(*engine, with_notices(gone, topic, {"x"})))
          == ec::invalid_argument);
    auto badly = with_notices({}, {"topic", "t", "no/name"}, {"x"});
    CHECK(code(append(*engine, badly)) == ec::invalid_argument);
    auto large = with_notices({}, topic, {std::string((1u << 20) + 1, 'x')});
    CHECK(code(append(*engine, large)) == ec::limit_exceeded);
    CHECK(*engine->last_seq(stream_a) == 0);
    CHECK(*engine->last_seq(topic) == 0);
  }
  SECTION("many may write at once, and each finds its own in order") {
    constexpr int writers = 4;
    constexpr int each = 50;
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int n = 0; n < writers; ++n)
      threads.emplace_back([&, n] {
        for (int i = 0; i < each; ++i) {
          auto text = std::to_string(n) + ":" + std::to_string(i);
          if (!append(*engine, with_notices({}, topic, {text})))
            ++failed;
        }
      });
    for (auto& x : threads)
      x.join();
    CHECK(failed == 0);
    std::map<char, int> next;
    auto all = engine->read(topic, 1, writers * each + 1, SIZE_MAX);
    REQUIRE(all);
    REQUIRE(all->size() == writers * each);
    for (size_t i = 0; i < all->size(); ++i) {
      auto text = std::string{as_text(all->at(i).payload)};
      CHECK(all->at(i).seq == i + 1);
      CHECK(std::stoi(text.substr(2)) == next[text[0]]++);
    }
  }
}

} // namespace machine::test
