#include "tests/actors/requests/kept_under_test.hpp"
#include "tests/support/draw.hpp"

#include <map>

using namespace machine;
using namespace machine::test;

namespace {

/// A machine that is asked for one thing again and again, and dies now and
/// then. It does what the gateway does: it acts only after that a beginning is
/// committed, and releases only what has done nothing.
struct world {
  explicit world(repetition x) : again(x) {}

  const repetition again;
  kept_under_test it;
  int life = 1;
  int attempts = 0;
  /// Whether the attempts that live have acted.
  std::map<std::string, bool> running;
  /// All that ever were.
  std::vector<std::string> known;
  int acts = 0;
  bool was_answered = false;

  std::string life_name() const {
    return "l-" + std::to_string(life);
  }

  void ask() {
    auto attempt = "a-" + std::to_string(++attempts);
    auto ended = it.state.phase == request_phase::finished;
    auto refused = it.give(beginning(attempt, life_name(), again));
    known.push_back(attempt);
    if (refused || it.count == 0) {
      RC_ASSERT(refused || ended);
      return;
    }
    RC_ASSERT(!ended);
    RC_ASSERT(running.empty());
    running.emplace(attempt, false);
  }

  void ask_for_another() {
    auto free = it.state.phase == request_phase::released;
    if (free)
      return;
    auto refused = it.give(beginning("x", life_name(), again, "another"));
    RC_ASSERT(code_of(refused) == ec::invalid_argument);
  }

  void act() {
    for (auto& [attempt, acted] : running)
      if (!std::exchange(acted, true))
        ++acts;
  }

  void end() {
    if (running.empty())
      return;
    auto [attempt, acted] = *running.begin();
    // Nothing was done, or to do it again is harmless.
    if ((!acted || again == repetition::harmless) && chance(2)) {
      RC_ASSERT(!it.give(release_request{attempt}));
      RC_ASSERT(it.state.phase == request_phase::released);
    } else {
      auto how = acted && chance(2) ? ending::kept
               : acted && chance(2) ? ending::secret
                                    : ending::unknown;
      RC_ASSERT(!it.give(finishing(attempt, how)));
      was_answered = true;
    }
    running.clear();
  }

  /// A message of an attempt that has ended, or died, long ago.
  void hear_the_dead() {
    if (known.empty())
      return;
    auto& attempt = known[draw<size_t>(0, known.size())];
    if (running.contains(attempt) || attempt == it.state.last.attempt)
      return;
    auto what = chance(2) ? kept_command{finishing(attempt)}
                          : kept_command{release_request{attempt}};
    RC_ASSERT(code_of(it.give(what)) == ec::fenced);
  }

  void die() {
    ++life;
    running.clear();
    RC_ASSERT(it.replayed() == it.state);
    if (chance(2)) {
      auto stored = wire::from_msgpack<kept_state>(wire::to_msgpack(it.state));
      RC_ASSERT(stored && *stored == it.state);
    }
  }

  void live_on() {
    switch (draw(0, 8)) {
      case 0: return die();
      case 1: return act();
      case 2: return end();
      case 3: return hear_the_dead();
      case 4: return ask_for_another();
      default: return ask();
    }
  }
};

} // namespace

TEST_CASE("what counts is done once at most, whoever asks and whatever dies") {
  CHECK(rc::check([] {
    world it{repetition::counts};
    for (auto left = draw(0, 60); left > 0; --left) {
      it.live_on();
      RC_ASSERT(it.acts <= 1);
      RC_ASSERT(it.running.size() <= 1);
    }
  }));
}

TEST_CASE("what is harmless is never done by two at the same time, nor after "
          "its answer was kept") {
  CHECK(rc::check([] {
    world it{repetition::harmless};
    for (auto left = draw(0, 60); left > 0; --left) {
      auto answered = it.was_answered;
      auto acts = it.acts;
      it.live_on();
      RC_ASSERT(it.running.size() <= 1);
      if (answered)
        RC_ASSERT(it.acts == acts && it.running.empty());
    }
  }));
}

TEST_CASE("what is harmless can always be had in the end") {
  CHECK(rc::check([] {
    world it{repetition::harmless};
    for (auto left = draw(0, 60); left > 0; --left)
      it.live_on();
    if (it.it.state.phase == request_phase::finished)
      return;
    it.die();
    it.ask();
    RC_ASSERT(it.running.size() == 1);
  }));
}
