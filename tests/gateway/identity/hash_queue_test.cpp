#include "gateway/identity/hash_queue.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace machine;
using gateway::hash_queue;

namespace {

/// Runs jobs when the test says so.
struct slow_runner {
  std::vector<std::function<void()>> jobs;
  bool closed = false;

  hash_queue::runner how() {
    return [this](std::function<void()> job) {
      if (closed)
        return make_error(ec::unavailable, "closed");
      jobs.push_back(std::move(job));
      return caf::error{};
    };
  }

  void finish_one() {
    REQUIRE(!jobs.empty());
    auto job = std::move(jobs.front());
    jobs.erase(jobs.begin());
    job();
  }
};

struct queue_under_test {
  slow_runner runner;
  std::shared_ptr<hash_queue> queue;
  /// What became of each job, in the order in which they were done.
  std::vector<std::pair<int, ec>> done;

  queue_under_test(size_t at_once, size_t waiting)
      : queue(std::make_shared<hash_queue>(at_once, waiting)) {}

  void ask(int number) {
    queue->run(runner.how(), [this, number](const caf::error& why) {
      done.emplace_back(number, why ? code_of(why) : ec::none);
    });
  }
};

using results = std::vector<std::pair<int, ec>>;

} // namespace

TEST_CASE("so many are at work at one time, and the rest takes turns") {
  queue_under_test it{2, 3};
  for (int i = 0; i < 6; ++i)
    it.ask(i);
  CHECK(it.runner.jobs.size() == 2);
  CHECK(it.done == results{{5, ec::overloaded}});
  size_t most = 0;
  while (!it.runner.jobs.empty()) {
    most = std::max(most, it.runner.jobs.size());
    it.runner.finish_one();
  }
  CHECK(most == 2);
  CHECK(it.done
        == results{{5, ec::overloaded},
                   {0, ec::none},
                   {1, ec::none},
                   {2, ec::none},
                   {3, ec::none},
                   {4, ec::none}});
  // All places are free again.
  it.ask(6);
  it.ask(7);
  CHECK(it.runner.jobs.size() == 2);
}

TEST_CASE("who cannot be run is told so, and takes no place") {
  queue_under_test it{1, 3};
  it.ask(0);
  it.ask(1);
  it.ask(2);
  it.runner.closed = true;
  it.runner.finish_one();
  CHECK(it.done
        == results{{0, ec::none}, {1, ec::unavailable}, {2, ec::unavailable}});
  it.ask(3);
  CHECK(it.done.back() == std::pair{3, ec::unavailable});
  it.runner.closed = false;
  it.ask(4);
  it.runner.finish_one();
  CHECK(it.done.back() == std::pair{4, ec::none});
}

TEST_CASE("a job that throws leaves its place to the next one") {
  queue_under_test it{1, 1};
  it.queue->run(it.runner.how(),
                [](const caf::error&) { throw std::runtime_error{"no"}; });
  it.ask(1);
  it.runner.finish_one();
  it.runner.finish_one();
  CHECK(it.done == results{{1, ec::none}});
}
