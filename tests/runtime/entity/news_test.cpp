#include "tests/runtime/entity/hosted.hpp"

using namespace machine;
using namespace machine::test;

namespace {

const store::stream_id topic{"topic", "t", "counters"};

/// What the topic says, and how often its followers were told to look.
struct reading : hosted {
  size_t told = 0;
  entity::follower_actor follower;

  reading() {
    follower = system.spawn([this](entity::follower_actor::pointer)
                              -> entity::follower_actor::behavior_type {
      return {
        [this](atom::publish, const entity::published& x) {
          CHECK(x.payloads.empty());
          CHECK(x.first_seq > UINT64_MAX / 2);
          ++told;
        },
        [](atom::live, const entity::live_piece&) {},
      };
    });
    REQUIRE(code(ask<bool>(uses.feed, atom::follow_v, topic, follower))
            == ec::none);
  }

  ~reading() override {
    caf::anon_send_exit(follower, caf::exit_reason::kill);
    follower = nullptr;
    run();
  }

  std::vector<std::string> texts() {
    std::vector<std::string> result;
    for (auto& x : engine->logs[topic]) {
      auto read = wire::from_msgpack<entity::news>(x.payload);
      REQUIRE(read);
      CHECK(read->subject == "counter/c");
      if (read->type == "counter.erased")
        result.emplace_back("end");
      else
        result.push_back(read->data.text);
    }
    return result;
  }
};

} // namespace

TEST_CASE_METHOD(reading, "news is committed with what it tells of") {
  engine->hold = true;
  tell(add{1});
  run();
  CHECK(texts().empty());
  CHECK(told == 0);
  engine->release();
  run();
  CHECK(texts() == std::vector<std::string>{"1"});
  CHECK(told == 1);
}

TEST_CASE_METHOD(reading, "news of commands that are decided together waits "
                          "for one commit and is told once") {
  engine->hold = true;
  tell(add{1});
  run();
  tell(add{10});
  tell(add{100});
  run();
  engine->hold = false;
  engine->release();
  run();
  CHECK(texts() == std::vector<std::string>{"1", "11", "111"});
  CHECK(told == 2);
}

TEST_CASE_METHOD(reading, "of what did not happen there is no news") {
  engine->fates = {{ec::storage_full}};
  CHECK(code(order(add{1})) == ec::storage_full);
  CHECK(texts().empty());
  CHECK(told == 0);
}

TEST_CASE_METHOD(reading, "of what is durable there is news, whatever was "
                          "said first") {
  engine->fates = {{ec::io_failed, true}};
  REQUIRE(order(add{1}));
  CHECK(texts() == std::vector<std::string>{"1"});
  CHECK(told == 1);
}

TEST_CASE_METHOD(reading, "the end of an entity is news, committed with it") {
  REQUIRE(order(add{1}));
  engine->hold = true;
  auto end = begin<bool>(region, atom::erase_v, id);
  run();
  CHECK(texts() == std::vector<std::string>{"1"});
  engine->hold = false;
  engine->release();
  run();
  CHECK(code(end) == ec::none);
  CHECK(texts() == std::vector<std::string>{"1", "end"});
  CHECK(told == 2);
  CHECK(code(ask<bool>(region, atom::erase_v, id)) == ec::not_found);
  CHECK(texts().size() == 2);
}
