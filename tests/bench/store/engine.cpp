#include "runtime/store/lmdb.hpp"

#include "tests/bench/store/bench.hpp"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

namespace machine::bench {

namespace {

std::shared_ptr<store::engine> open(const std::string& path) {
  store::lmdb_options options;
  options.map_initial = size_t{8} << 30;
  auto engine = store::open_lmdb(path, options);
  if (!engine)
    give_up(render(engine.error()));
  return std::move(*engine);
}

class engine final : public contestant {
public:
  explicit engine(const std::string& path) : engine_(open(path)) {}

  round run(size_t width, size_t times) override {
    seqs_.resize(std::max(seqs_.size(), width));
    while (names_.size() < width)
      names_.push_back(std::string{"s"}.append(std::to_string(names_.size())));
    round result;
    result.latencies.resize(width * times);
    result.appends = width * times;
    auto before = commits();
    auto begin = clock::now();
    for (size_t n = 0; n < times; ++n) {
      durable_ = 0;
      for (size_t i = 0; i < width; ++i)
        append(i, width, result.latencies[n * width + i]);
      // As in the machine, who learns of a commit is not on the store's thread.
      std::unique_lock guard{mutex_};
      wakeup_.wait(guard, [&] { return durable_ == width; });
    }
    result.total = clock::now() - begin;
    result.commits = commits() - before;
    return result;
  }

private:
  size_t commits() {
    auto known = engine_->stats();
    if (!known)
      give_up(render(known.error()));
    return known->commits;
  }

  void append(size_t i, size_t width, double& latency) {
    store::batch what;
    what.streams.resize(1);
    auto& part = what.streams.front();
    part.stream = {"run", "bench", names_[i]};
    part.expected_seq = seqs_[i]++;
    part.events.push_back(bytes(payload_size, 'x'));
    auto begin = clock::now();
    engine_->append(std::move(what), [this, width, begin, &latency](auto x) {
      if (!x)
        give_up(render(x.error()));
      latency = microseconds(clock::now() - begin);
      if (++durable_ < width)
        return;
      std::lock_guard guard{mutex_};
      wakeup_.notify_one();
    });
  }

  std::vector<std::string> names_;
  std::vector<uint64_t> seqs_;
  std::mutex mutex_;
  std::condition_variable wakeup_;
  std::atomic<size_t> durable_{0};
  std::shared_ptr<store::engine> engine_;
};

} // namespace

std::unique_ptr<contestant> make_engine(const std::string& path) {
  return std::make_unique<engine>(path);
}

double read_back(const std::string& path, size_t count) {
  constexpr size_t chunk = 10'000;
  constexpr size_t page = 1'000;
  const store::stream_id stream{"run", "bench", "long"};
  auto engine = open(path);
  for (uint64_t last = 0; last < count; last += chunk) {
    store::batch what;
    what.streams.push_back({stream, last, {}, {}, {}});
    what.streams.front().events.assign(chunk, bytes(payload_size, 'x'));
    std::promise<caf::expected<void>> outcome;
    engine->append(std::move(what), [&](auto x) { outcome.set_value(x); });
    if (auto x = outcome.get_future().get(); !x)
      give_up(render(x.error()));
  }
  auto begin = clock::now();
  uint64_t next = 1;
  while (next <= count) {
    auto events = engine->read(stream, next, page, size_t{1} << 30);
    if (!events || events->size() != page || events->front().seq != next)
      give_up("the engine does not give back what was written");
    next += page;
  }
  return static_cast<double>(count) / seconds(clock::now() - begin);
}

} // namespace machine::bench
