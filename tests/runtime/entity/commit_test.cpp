#include "tests/runtime/entity/hosted.hpp"

using namespace machine;
using namespace machine::test;
using namespace std::chrono_literals;

namespace {

/// Follows the log of the counter and notes what it hears.
struct followed : hosted {
  std::vector<entity::published> heard;
  entity::follower_actor follower;

  followed() {
    follower = system.spawn([this](entity::follower_actor::pointer)
                              -> entity::follower_actor::behavior_type {
      return {
        [this](atom::publish, const entity::published& x) {
          heard.push_back(x);
        },
        [](atom::live, const entity::live_piece&) {},
      };
    });
    REQUIRE(code(ask<bool>(uses.feed, atom::follow_v, stream(), follower))
            == ec::none);
  }

  ~followed() override {
    caf::anon_send_exit(follower, caf::exit_reason::kill);
    follower = nullptr;
    run();
  }
};

} // namespace

TEST_CASE_METHOD(hosted, "an entity is loaded by the first message to it") {
  CHECK(engine->loads == 0);
  auto missing = state();
  CHECK(code(missing) == ec::not_found);
  CHECK(engine->loads == 1);
  auto first = order(add{3});
  REQUIRE(first);
  CHECK(first->last_seq == 1);
  CHECK(first->events == std::vector<counter_event>{added{3}});
  CHECK(state()->total == 3);
  CHECK(engine->loads == 1);
}

TEST_CASE_METHOD(followed, "nothing is said or done before its commit") {
  engine->hold = true;
  auto asked = tell(add{5});
  auto reader = begin<counter_state>(region, atom::inspect_v, id);
  run();
  REQUIRE(engine->held() == 1);
  // An append is under way: readers get what is durable, once it is.
  auto second = begin<counter_state>(region, atom::inspect_v, id);
  run();
  CHECK(code(asked) == ec::timeout);
  CHECK(code(second) == ec::timeout);
  CHECK(heard.empty());
  CHECK(performed.empty());
  engine->release();
  run();
  CHECK(code(asked) == ec::none);
  REQUIRE(code(reader) == ec::none);
  CHECK((*second)->value().total == 5);
  CHECK(performed == std::vector<std::string>{"added 5"});
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].first_seq == 1);
  CHECK(heard[0].stream == stream());
  CHECK(heard[0].payloads.size() == 1);
}

TEST_CASE_METHOD(hosted, "what waits for a commit is decided together") {
  engine->hold = true;
  std::vector<answer> asked;
  asked.push_back(tell(add{1}));
  run();
  for (int i = 2; i <= 20; ++i)
    asked.push_back(tell(add{i}));
  asked.push_back(tell(refuse{}));
  run();
  CHECK(engine->appends == 1);
  engine->release();
  run();
  REQUIRE(engine->appends == 2);
  CHECK(code(asked[0]) == ec::none);
  CHECK(code(asked[1]) == ec::timeout);
  // The refusal was decided on a state that is not durable yet.
  CHECK(code(asked[20]) == ec::timeout);
  engine->release();
  run();
  CHECK(engine->committed.at(1).streams.at(0).events.size() == 19);
  for (size_t i = 0; i < 20; ++i) {
    REQUIRE(code(asked[i]) == ec::none);
    CHECK((*asked[i])->value().last_seq == i + 1);
  }
  CHECK(code(asked[20]) == ec::denied);
  CHECK(performed.size() == 20);
}

TEST_CASE_METHOD(hosted, "an append is bounded; what is beyond comes next") {
  engine->hold = true;
  tell(add{1});
  run();
  for (int i = 0; i < 2'500; ++i)
    tell(add{1});
  run();
  engine->hold = false;
  engine->release();
  run();
  CHECK(state()->total == 2'501);
  CHECK(engine->appends == 4);
  for (auto& x : engine->committed)
    CHECK(x.streams.at(0).events.size() <= entity::max_events_per_append);
}

TEST_CASE_METHOD(hosted, "no more than 10,000 commands and readers wait") {
  engine->hold = true;
  tell(add{1});
  run();
  std::vector<answer> asked;
  std::vector<pending<counter_state>> readers;
  for (size_t i = 0; i < entity::max_waiting_commands + 2; ++i) {
    asked.push_back(tell(add{1}));
    readers.push_back(begin<counter_state>(region, atom::inspect_v, id));
  }
  run();
  auto refused = [](auto& xs) {
    return std::count_if(xs.begin(), xs.end(),
                         [](auto& x) { return code(x) == ec::overloaded; });
  };
  CHECK(refused(asked) == 2);
  CHECK(refused(readers) == 2);
  engine->hold = false;
  engine->release();
  run();
  CHECK(state()->total == 10'001);
}

TEST_CASE_METHOD(hosted, "a refused command changes nothing") {
  CHECK(code(order(refuse{})) == ec::denied);
  CHECK(engine->appends == 0);
  CHECK(code(state()) == ec::not_found);
}

TEST_CASE_METHOD(hosted,
                 "a decision that breaks off half-way leaves no trace") {
  REQUIRE(order(add{1}));
  auto appends = engine->appends;
  CHECK(code(order(spoil{})) == ec::internal);
  CHECK(engine->appends == appends);
  CHECK(state()->total == 1);
  engine->hold = true;
  tell(add{1});
  run();
  auto before = tell(add{1});
  auto bad = tell(spoil{});
  auto after = tell(add{1});
  run();
  engine->hold = false;
  engine->release();
  run();
  CHECK(code(before) == ec::none);
  CHECK(code(bad) == ec::internal);
  CHECK(code(after) == ec::none);
  CHECK(state()->total == 4);
  CHECK(log_size() == 4);
}

TEST_CASE_METHOD(hosted, "a core that throws refuses that command alone") {
  REQUIRE(order(add{1}));
  auto loads = engine->loads;
  auto thrown = order(throw_up{});
  REQUIRE(code(thrown) == ec::internal);
  CHECK(message_of(thrown.error()).find("a defect") != std::string::npos);
  CHECK(state()->total == 1);
  // It is the same incarnation.
  CHECK(engine->loads == loads);
  engine->hold = true;
  tell(add{1});
  run();
  auto before = tell(add{1});
  auto bad = tell(throw_up{});
  auto after = tell(add{1});
  run();
  engine->hold = false;
  engine->release();
  run();
  CHECK(code(before) == ec::none);
  CHECK(code(bad) == ec::internal);
  CHECK(code(after) == ec::none);
}

TEST_CASE_METHOD(followed, "who follows and then reads misses nothing") {
  // Committed, but the feed has not heard of it when somebody begins to follow.
  REQUIRE(order(add{1}));
  engine->hold = true;
  auto asked = tell(add{2});
  run();
  std::vector<uint64_t> late;
  auto other = system.spawn([&](entity::follower_actor::pointer)
                              -> entity::follower_actor::behavior_type {
    return {
      [&](atom::publish, const entity::published& x) {
        for (size_t i = 0; i < x.payloads.size(); ++i)
          late.push_back(x.first_seq + i);
      },
      [](atom::live, const entity::live_piece&) {},
    };
  });
  REQUIRE(ask<bool>(uses.feed, atom::follow_v, stream(), other));
  auto there = log_size();
  CHECK(there == 1);
  engine->release();
  run();
  CHECK(late == std::vector<uint64_t>{2});
  caf::anon_send(uses.feed, atom::unfollow_v, stream(), other);
  engine->hold = false;
  REQUIRE(order(add{3}));
  CHECK(late.size() == 1);
  // The first follower hears all of it, in its order.
  REQUIRE(heard.size() == 3);
  CHECK(heard[2].first_seq == 3);
  caf::anon_send_exit(other, caf::exit_reason::kill);
  other = nullptr;
  run();
}

TEST_CASE_METHOD(followed,
                 "an entity that is loaded says how far its log goes") {
  REQUIRE(order(add{1}));
  heard.clear();
  restart();
  activate();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].first_seq == 2);
  CHECK(heard[0].payloads.empty());
}

TEST_CASE_METHOD(hosted, "a command for a log that has grown changes nothing") {
  REQUIRE(order(add{3}));
  auto order_if = [&](uint64_t last_seq) {
    auto asked = begin<entity::outcome<counter>>(
      region, atom::command_v, id, counter_command{add{1}}, last_seq);
    run();
    return asked;
  };
  CHECK(code(order_if(0)) == ec::changed);
  CHECK(code(order_if(2)) == ec::changed);
  CHECK(state()->total == 3);
  CHECK(code(order_if(1)) == ec::none);
  CHECK(state()->total == 4);
}

TEST_CASE_METHOD(hosted,
                 "of two commands for the same end of a log one is decided") {
  REQUIRE(order(add{3}));
  auto ask_it = [&] {
    return begin<entity::outcome<counter>>(
      region, atom::command_v, id, counter_command{add{1}}, uint64_t{1});
  };
  auto first = ask_it();
  auto second = ask_it();
  run();
  CHECK(code(first) == ec::none);
  CHECK(code(second) == ec::changed);
  CHECK(state()->total == 4);
}
