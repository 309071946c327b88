#include "tests/actors/orchestrator/run/player.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::test;

TEST_CASE("whatever happens to a run, its rules hold and it comes to an end") {
  CHECK(rc::check([] {
    player game;
    RC_LOG() << game.text;
    for (auto left = *rc::gen::inRange(0, 80); left > 0; --left)
      game.play_one();
    game.finish();
  }));
}
