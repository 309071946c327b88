#include "runtime/telemetry/export/exporter.hpp"

#include "runtime/clock.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <random>
#include <thread>

namespace machine {

namespace {

/// Nobody waits longer for an exporter.
constexpr duration longest_wait{3'600'000};

/// What threads wait with. Handlers of a request that was given up share it
/// still.
struct signal {
  std::mutex mutex;
  std::condition_variable changed;
};

/// One request. The client's thread writes it, until it is done.
struct exchange {
  net::response answer;
  caf::error problem;
  /// Guarded by the signal.
  bool done = false;
};

struct attempt_result {
  export_verdict verdict;
  std::optional<duration> asked_wait;
  uint64_t rejected = 0;
  /// Why it was not accepted, for people.
  std::string why;
};

attempt_result judge(const exchange& x) {
  auto& head = x.answer.head;
  // A long answer is an answer, too.
  auto answered =
    !x.problem
    || (head.status != 0 && code_of(x.problem) == ec::limit_exceeded);
  if (!answered)
    return {judge_failure(code_of(x.problem)), std::nullopt, 0,
            message_of(x.problem)};
  return {judge_status(head.status), retry_after(head, wall_clock()),
          rejected_spans(x.answer.body),
          "it answered with status " + std::to_string(head.status)};
}

} // namespace

class span_exporter::impl {
public:
  impl(span_exporter_options options, std::shared_ptr<net::client> http)
      : options_(std::move(options)), http_(std::move(http)) {
    thread_ = std::thread{[this] { work(); }};
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  ~impl() {
    static_cast<void>(stop(duration{0}));
  }

  caf::error show_counts() {
    if (options_.numbers == nullptr)
      return caf::none;
    auto shown = publish(*options_.numbers, [this] { return counts(); });
    if (!shown)
      return shown.error();
    shown_ = std::move(*shown);
    return caf::none;
  }

  void record(span what) {
    if (!what.context().sampled)
      return;
    std::lock_guard guard{signal_->mutex};
    if (stopping_ || queue_.size() >= options_.max_queue) {
      ++counts_.dropped;
      return;
    }
    queue_.push_back(std::move(what));
    ++accepted_;
    if (queue_.size() == options_.max_batch)
      signal_->changed.notify_all();
  }

  caf::error flush(duration most) {
    std::unique_lock lock{signal_->mutex};
    return flush(lock, most);
  }

  caf::error stop(duration most) {
    std::lock_guard one{stop_mutex_};
    if (!thread_.joinable())
      return caf::none;
    caf::error result;
    {
      std::unique_lock lock{signal_->mutex};
      stopping_ = true;
      result = flush(lock, most);
      abandoned_ = true;
    }
    signal_->changed.notify_all();
    thread_.join();
    return result;
  }

  export_counts counts() const {
    std::lock_guard guard{signal_->mutex};
    auto result = counts_;
    result.waiting = accepted_ - settled_;
    return result;
  }

private:
  using lock_type = std::unique_lock<std::mutex>;

  caf::error flush(lock_type& lock, duration most) {
    auto target = accepted_;
    hurried_ = std::max(hurried_, target);
    signal_->changed.notify_all();
    if (signal_->changed.wait_for(lock,
                                  std::clamp(most, duration{0}, longest_wait),
                                  [&] { return settled_ >= target; }))
      return caf::none;
    return make_error(ec::timeout, std::to_string(target - settled_)
                                     + " spans have not reached the collector "
                                     + options_.endpoint + " in time");
  }

  /// Whether something must be sent before its time.
  bool due() const {
    return abandoned_ || queue_.size() >= options_.max_batch
        || (!queue_.empty() && hurried_ > settled_);
  }

  void work() {
    lock_type lock{signal_->mutex};
    for (;;) {
      signal_->changed.wait_for(lock, options_.interval,
                                [this] { return due(); });
      if (abandoned_)
        break;
      if (queue_.empty())
        continue;
      std::vector<span> batch;
      auto size = std::min(queue_.size(), options_.max_batch);
      auto end = queue_.begin() + static_cast<ptrdiff_t>(size);
      std::move(queue_.begin(), end, std::back_inserter(batch));
      queue_.erase(queue_.begin(), end);
      deliver(lock, batch);
    }
    settle(queue_.size(), counts_.dropped);
    queue_.clear();
  }

  /// Adds to what is counted that *count* spans need no more work.
  void settle(uint64_t count, uint64_t& outcome) {
    outcome += count;
    settled_ += count;
    signal_->changed.notify_all();
  }

  void deliver(lock_type& lock, const std::vector<span>& batch) {
    lock.unlock();
    auto body = to_otlp_json(batch, options_.resource);
    lock.lock();
    for (unsigned attempt = 1; !abandoned_; ++attempt) {
      auto result = try_once(lock, body);
      if (!result)
        break;
      if (result->verdict == export_verdict::accepted) {
        auto rejected = std::min<uint64_t>(result->rejected, batch.size());
        say(lock, {});
        settle(rejected, counts_.failed);
        settle(batch.size() - rejected, counts_.exported);
        return;
      }
      if (result->verdict == export_verdict::refused
          || attempt >= options_.max_attempts) {
        say(lock, result->why);
        settle(batch.size(), counts_.failed);
        return;
      }
      signal_->changed.wait_for(
        lock,
        retry_delay(options_.wait, attempt, result->asked_wait, random_()),
        [this] { return abandoned_; });
    }
    settle(batch.size(), counts_.dropped);
  }

  /// None if the exporter is stopped meanwhile.
  std::optional<attempt_result> try_once(lock_type& lock,
                                         const std::string& body) {
    lock.unlock();
    auto here = std::make_shared<exchange>();
    net::handlers how;
    how.on_head = [here](const net::response_head& head) {
      here->answer.head = head;
    };
    how.on_data = [here](std::string_view data) { here->answer.body += data; };
    how.on_done = [here, waiting = signal_](caf::error why) {
      std::lock_guard guard{waiting->mutex};
      here->problem = std::move(why);
      here->done = true;
      waiting->changed.notify_all();
    };
    auto id = http_->start(export_request(options_, body), std::move(how));
    lock.lock();
    signal_->changed.wait(lock, [&] { return here->done || abandoned_; });
    if (here->done)
      return judge(*here);
    http_->cancel(id);
    return std::nullopt;
  }

  /// Tells of the first failure after a success, and the other way round: a
  /// collector that is gone fills no log.
  void say(lock_type& lock, const std::string& problem) {
    if (problem.empty() == !failing_)
      return;
    failing_ = !problem.empty();
    lock.unlock();
    if (failing_)
      options_.log.warn("the collector takes no spans",
                        {{"endpoint", options_.endpoint}, {"why", problem}});
    else
      options_.log.info("the collector takes spans again",
                        {{"endpoint", options_.endpoint}});
    lock.lock();
  }

  const span_exporter_options options_;
  const std::shared_ptr<net::client> http_;
  const std::shared_ptr<signal> signal_ = std::make_shared<signal>();
  // The signal's mutex guards what follows.
  std::deque<span> queue_;
  export_counts counts_;
  /// Spans that were taken into the queue, and those that need no more work.
  uint64_t accepted_ = 0;
  uint64_t settled_ = 0;
  /// So many of the first are not to wait for a full batch.
  uint64_t hurried_ = 0;
  bool stopping_ = false;
  /// There is no more time.
  bool abandoned_ = false;
  // The thread's own.
  std::mt19937_64 random_{std::random_device{}()};
  bool failing_ = false;
  std::mutex stop_mutex_;
  std::thread thread_;
  /// Gone before all that it looks at.
  std::shared_ptr<const void> shown_;
};

span_exporter::span_exporter(std::unique_ptr<impl> x) : impl_(std::move(x)) {}

span_exporter::~span_exporter() = default;

caf::expected<std::unique_ptr<span_exporter>>
span_exporter::open(span_exporter_options options,
                    std::shared_ptr<net::client> http) {
  if (auto problem = check(options))
    return problem;
  if (http == nullptr)
    return make_error(ec::invalid_argument,
                      "trace exporter: it needs a client to send with");
  try {
    auto opened = std::make_unique<impl>(std::move(options), std::move(http));
    if (auto problem = opened->show_counts())
      return problem;
    return std::unique_ptr<span_exporter>{new span_exporter{std::move(opened)}};
  } catch (const std::exception& problem) {
    return make_error(ec::unavailable,
                      std::string{"trace exporter: it cannot begin: "}
                        + problem.what());
  }
}

void span_exporter::record(span what) {
  impl_->record(std::move(what));
}

caf::error span_exporter::flush(duration most) {
  return impl_->flush(most);
}

caf::error span_exporter::stop(duration most) {
  return impl_->stop(most);
}

export_counts span_exporter::counts() const {
  return impl_->counts();
}

} // namespace machine
