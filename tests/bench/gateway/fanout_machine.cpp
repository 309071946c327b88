// The machine's own door with a node behind it. Prints its port; `send N` on
// its input publishes N events of the topic `tasks` as if they had just been
// committed, one by one; `commit N` creates N tasks, and prints when each was
// committed, in nanoseconds of the steady clock.
//
// Usage: bench_fanout_machine BYTES

#include "actors/node/actors.hpp"
#include "actors/orchestrator/workflow/jq.hpp"
#include "gateway/api/entrance.hpp"
#include "gateway/http/server.hpp"
#include "gateway/session/codec.hpp"
#include "runtime/clock.hpp"
#include "runtime/store/lmdb.hpp"
#include "runtime/wire/wire.hpp"

#include "tests/bench/report.hpp"
#include "tests/support/directory.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <condition_variable>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>

using namespace machine;
using namespace machine::bench;

namespace {

/// Tasks are created 50 times a second, whatever each takes.
constexpr std::chrono::milliseconds pace{20};

const store::stream_id topic = entity::topic_stream(local_tenant, "tasks");

/// News whose frame has about *size* bytes of payload.
bytes news_of(size_t size) {
  entity::news what{wall_clock(), "task.changed", "default", "task/t-1", {}};
  std::string padding;
  for (;;) {
    what.data.text = R"({"title":")" + padding + R"("})";
    auto packed = wire::to_msgpack(what);
    auto text = gateway::session::encode(
      gateway::session::dialect::json,
      gateway::session::topic_event{
        "tasks",
        1'000,
        {gateway::view_of_topic(topic).document(1'000, packed)}});
    if (text.size() >= size + 4)
      return packed;
    padding += 'x';
  }
}

/// When events of the topic were committed.
class witness {
public:
  void add(size_t count) {
    std::lock_guard guard{mutex_};
    auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    for (size_t i = 0; i < count; ++i)
      times_.push_back(now);
    changed_.notify_all();
  }

  std::vector<int64_t> take(size_t count) {
    std::unique_lock guard{mutex_};
    changed_.wait(guard, [&] { return times_.size() >= count; });
    return std::exchange(times_, {});
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int64_t> times_;
};

caf::behavior watch(caf::event_based_actor* self, entity::feed_actor feed,
                    witness* told) {
  self
    ->request(feed, caf::infinite, atom::follow_v, topic,
              caf::actor_cast<entity::follower_actor>(self))
    .then([](bool) {}, [](const caf::error& why) { give_up(render(why)); });
  return {
    [told](atom::publish, const entity::published& what) {
      // Of topics it is told that there is more, once a commit.
      told->add(std::max<size_t>(1, what.payloads.size()));
    },
    [](atom::live, const entity::live_piece&) {},
  };
}

class bench_server {
public:
  explicit bench_server(size_t bytes) {
    node_options options;
    options.data_directory = dir_.path();
    auto engine = store::open_lmdb(dir_ / "store");
    if (!engine)
      give_up(render(engine.error()));
    options.engine = *engine;
    node_ = std::make_unique<node>(std::move(options));
    auto context = std::make_shared<gateway::api_context>();
    context->machine = node_.get();
    context->keys = std::make_shared<gateway::key_ring>(*engine);
    gateway::server_options how;
    how.door = gateway::make_entrance(context, "sesame");
    how.threads = std::max(std::thread::hardware_concurrency(), 2U);
    auto made =
      gateway::server::listen(std::move(how), gateway::make_routes(context));
    if (!made)
      give_up(render(made.error()));
    server_ = std::move(*made);
    payload_ = news_of(bytes);
    node_->actors().system.spawn(watch, node_->actors().feed, &told_);
    std::printf("%u\n", static_cast<unsigned>(server_->port()));
    std::fflush(stdout);
  }

  ~bench_server() {
    server_->stop();
  }

  void send(size_t count) {
    for (size_t i = 0; i < count; ++i)
      caf::anon_send(node_->actors().feed, atom::publish_v,
                     entity::published{topic, ++seq_, {payload_}});
  }

  /// One after the other, at most one for each tick of `pace`.
  void commit(size_t count) {
    told_.take(0);
    caf::scoped_actor self{node_->actors().system};
    for (size_t i = 0; i < count; ++i) {
      self->delayed_send(self, pace, atom::resume_v);
      self
        ->request(node_->actors().projects, std::chrono::seconds{30},
                  atom::command_v, entity::key{local_tenant, "default"},
                  tracker::project_command{tracker::create_task{"a task"}})
        .receive([](const entity::outcome<tracker::project>&) {},
                 [](const caf::error& why) { give_up(render(why)); });
      self->receive([](atom::resume) {});
    }
    std::string line;
    for (auto x : told_.take(count))
      line += std::to_string(x) + " ";
    std::puts(line.c_str());
    std::fflush(stdout);
  }

private:
  test::temporary_directory dir_;
  witness told_;
  std::unique_ptr<node> node_;
  std::unique_ptr<gateway::server> server_;
  bytes payload_;
  uint64_t seq_ = 0;
};

} // namespace

int main(int argc, char** argv) {
  if (auto code = orchestrator::serve_jq_if_asked(argc, argv))
    return *code;
  if (argc != 2)
    return 2;
  bench_server it{std::strtoul(argv[1], nullptr, 10)};
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words{line};
    std::string what;
    size_t count = 0;
    words >> what >> count;
    if (what == "send")
      it.send(count);
    else if (what == "commit")
      it.commit(count);
  }
}
