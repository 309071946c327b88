#pragma once

#include "actors/requests/kept_answer.hpp"
#include "runtime/entity/draft.hpp"

#include <catch2/catch.hpp>

namespace machine::test {

using namespace requests;

/// A kept answer without an actor: the core and its log.
struct kept_under_test {
  kept_state state;
  entity::context ctx{{"acme", std::string(64, 'a')}, timestamp{}, 0};
  std::vector<kept_event> log;
  /// How many events came of the last command.
  size_t count = 0;

  caf::error give(const kept_command& what) {
    entity::draft<kept_answer> to{state, ctx};
    count = 0;
    auto before = state;
    if (auto refused = kept_answer::decide(to, what)) {
      REQUIRE(!to.changed());
      REQUIRE(state == before);
      return refused;
    }
    for (auto& event : to.take_events()) {
      log.push_back(std::move(event));
      ++count;
    }
    return caf::none;
  }

  kept_state replayed() const {
    kept_state result;
    for (auto& x : log)
      kept_answer::apply(
        result, *wire::from_msgpack<kept_event>(wire::to_msgpack(x)), ctx.now);
    return result;
  }
};

inline security::digest print_of(std::string_view text) {
  return security::blake2b({as_bytes(text)});
}

inline begin_request beginning(std::string attempt, std::string life = "l-1",
                               repetition again = repetition::counts,
                               std::string_view text = "one") {
  return {print_of(text), "POST /api/v1/things", std::move(attempt),
          std::move(life), again};
}

inline finish_request finishing(std::string attempt,
                                ending how = ending::kept) {
  finish_request x{std::move(attempt), how, {201, {}, {}, {}}};
  if (how == ending::kept)
    x.answer = {201, "application/json", {{"ETag", "\"1\""}}, to_bytes("{}")};
  return x;
}

} // namespace machine::test
