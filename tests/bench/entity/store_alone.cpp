#include "runtime/store/lmdb.hpp"

#include "tests/bench/entity/bench.hpp"

#include <condition_variable>
#include <mutex>

namespace machine::bench {

namespace {

/// Appends to several streams, to each the next when the last one is durable.
class appender {
public:
  appender(const writer& to, std::string name,
           const std::vector<store::stream_append>& what, size_t width)
      : to_(to), name_(std::move(name)), what_(what), done_(width) {}

  void run() {
    for (size_t i = 0; i < done_.size(); ++i)
      append(i);
    for (size_t ended = 0; ended < done_.size();)
      for (auto i : take_ready()) {
        if (++done_[i] == what_.size())
          ++ended;
        else
          append(i);
      }
  }

private:
  void append(size_t i) {
    store::batch what;
    what.shard = to_.shard;
    what.epoch = to_.epoch;
    what.streams.push_back(what_[done_[i]]);
    what.streams.front().stream = {"bare", "bench",
                                   name_ + "-" + std::to_string(i)};
    to_.engine.append(std::move(what), [this, i](caf::expected<void> x) {
      if (!x)
        give_up(render(x.error()));
      std::lock_guard guard{mutex_};
      ready_.push_back(i);
      if (ready_.size() == 1)
        wakeup_.notify_one();
    });
  }

  std::vector<size_t> take_ready() {
    std::unique_lock guard{mutex_};
    wakeup_.wait(guard, [this] { return !ready_.empty(); });
    return std::exchange(ready_, {});
  }

  const writer& to_;
  const std::string name_;
  const std::vector<store::stream_append>& what_;
  std::vector<size_t> done_;
  std::mutex mutex_;
  std::condition_variable wakeup_;
  std::vector<size_t> ready_;
};

} // namespace

std::shared_ptr<store::engine> open_store(const std::string& path) {
  auto engine = store::open_lmdb(path);
  if (!engine)
    give_up(render(engine.error()));
  return *engine;
}

std::vector<store::stream_append> appends_of(store::engine& engine,
                                             const store::stream_id& stream) {
  auto log = engine.read(stream, 1, 100'000, size_t{1} << 30);
  if (!log)
    give_up(render(log.error()));
  auto row = engine.read_summary(stream);
  if (!row)
    give_up(render(row.error()));
  auto image = engine.read_snapshot(stream);
  if (!image)
    give_up(render(image.error()));
  std::vector<store::stream_append> result;
  for (auto& event : *log) {
    store::stream_append one;
    one.expected_seq = event.seq - 1;
    one.events = {event.payload};
    one.summary = row->summary;
    if (*image && (*image)->seq == event.seq)
      one.snapshot = **image;
    result.push_back(std::move(one));
  }
  return result;
}

double append_side_by_side(const writer& to, const std::string& name,
                           const std::vector<store::stream_append>& what,
                           size_t width) {
  appender all{to, name, what, width};
  auto began = clock::now();
  all.run();
  return static_cast<double>(what.size() * width)
       / seconds(clock::now() - began);
}

} // namespace machine::bench
