#include "actors/models/decisions/recorder.hpp"

#include "runtime/store/check.hpp"

#include <algorithm>
#include <future>

namespace machine::models {

namespace {

/// What is erased with one append.
constexpr size_t erased_at_once = 200;

/// Between two words about what was not kept.
constexpr duration quiet{10'000};

/// A machine that was started for one run has better things to do at first.
constexpr duration longest_first_pause{60'000};

/// All decisions are written by one who holds this shard, whatever their
/// tenants.
constexpr uint32_t decision_shard = 0;

} // namespace

decision_recorder::decision_recorder(recorder_services uses,
                                     recorder_rules rules)
    : uses_(std::move(uses)), rules_(rules),
      sweep_at_(std::chrono::steady_clock::now()
                + std::min(rules.sweep_every, longest_first_pause)),
      thread_([this] { work(); }) {}

decision_recorder::~decision_recorder() {
  close();
}

void decision_recorder::note(std::shared_ptr<const noted_decision> what) {
  auto bytes = bytes_of(*what);
  std::lock_guard guard{mutex_};
  if (closing_ || waiting_.size() >= rules_.max_waiting
      || waiting_bytes_ + bytes > rules_.max_waiting_bytes) {
    ++dropped_;
    ++untold_;
    return;
  }
  ++noted_;
  waiting_bytes_ += bytes;
  waiting_.push_back(std::move(what));
  // Who gathers wakes by itself.
  if (waiting_.size() == 1 || waiting_.size() == rules_.max_batch)
    come_.notify_one();
}

bool decision_recorder::settle(duration patience) {
  std::unique_lock lock{mutex_};
  auto wanted = noted_;
  if (done_ >= wanted)
    return true;
  hurries_ = true;
  come_.notify_one();
  return gone_.wait_for(lock, patience, [&] { return done_ >= wanted; });
}

uint64_t decision_recorder::dropped() const {
  std::lock_guard guard{mutex_};
  return dropped_;
}

void decision_recorder::close() {
  {
    std::lock_guard guard{mutex_};
    closing_ = true;
    come_.notify_one();
  }
  if (thread_.joinable())
    thread_.join();
}

void decision_recorder::work() {
  std::unique_lock lock{mutex_};
  for (;;) {
    auto sweeps = rules_.keep && !closing_;
    auto due = [&] {
      return sweeps
          && (!to_sweep_.empty()
              || std::chrono::steady_clock::now() >= sweep_at_);
    };
    auto woken = [&] { return closing_ || !waiting_.empty() || due(); };
    if (sweeps)
      come_.wait_until(lock, sweep_at_, woken);
    else
      come_.wait(lock, woken);
    if (!waiting_.empty())
      come_.wait_for(lock, rules_.gather, [&] {
        return closing_ || hurries_ || waiting_.size() >= rules_.max_batch;
      });
    auto batch = take();
    auto sweeping = !closing_ && due();
    auto ends = closing_ && waiting_.empty();
    lock.unlock();
    try {
      if (!batch.empty())
        write(batch);
      if (sweeping)
        sweep();
    } catch (const std::exception& x) {
      // There is no memory for them, say; calls go on.
      lose(batch.size(), make_error(ec::internal, x.what()));
    }
    lock.lock();
    done_ += batch.size();
    if (waiting_.empty())
      hurries_ = false;
    gone_.notify_all();
    if (ends)
      return;
  }
}

decision_recorder::batch_list decision_recorder::take() {
  batch_list result;
  size_t bytes = 0;
  while (!waiting_.empty() && result.size() < rules_.max_batch
         && (result.empty() || bytes < rules_.max_batch_bytes)) {
    bytes += bytes_of(*waiting_.front());
    result.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  waiting_bytes_ -= std::min(bytes, waiting_bytes_);
  return result;
}

void decision_recorder::write(const batch_list& what) {
  store::batch batch;
  batch.streams.reserve(what.size());
  size_t lost = 0;
  caf::error why;
  for (auto& x : what) {
    auto part = append_of(x->tenant, trimmed(x->what));
    // One that cannot be kept must not keep the others from it.
    if (auto err = store::check_stream(part.stream)) {
      why = err;
      ++lost;
    } else if (part.summary->body.size() > store::max_row_bytes) {
      why = make_error(ec::limit_exceeded,
                       "decision " + x->what.id + " is too large to be kept");
      ++lost;
    } else {
      written_for_.insert(x->tenant);
      batch.streams.push_back(std::move(part));
    }
  }
  auto count = batch.streams.size();
  if (count > 0)
    if (auto err = commit(std::move(batch))) {
      why = err;
      lost += count;
    }
  lose(lost, why);
}

caf::error decision_recorder::commit(store::batch what) {
  what.shard = decision_shard % std::max(uses_.shard_count, 1u);
  for (auto tries = 0;; ++tries) {
    auto epoch = uses_.epoch(what.shard);
    if (!epoch)
      return std::move(epoch.error());
    what.epoch = *epoch;
    auto done = std::make_shared<std::promise<caf::expected<void>>>();
    auto result = done->get_future();
    uses_.append(
      what, [done](caf::expected<void> x) { done->set_value(std::move(x)); });
    auto is = result.get();
    if (is)
      return caf::none;
    if (code_of(is.error()) != ec::fenced || tries > 0)
      return std::move(is.error());
    uses_.lost(what.shard, *epoch);
  }
}

void decision_recorder::lose(size_t count, const caf::error& why) {
  uint64_t untold = 0;
  {
    std::lock_guard guard{mutex_};
    dropped_ += count;
    untold_ += count;
    auto now = uses_.now();
    if (untold_ == 0 || now < told_at_ + quiet)
      return;
    told_at_ = now;
    untold = std::exchange(untold_, 0);
  }
  auto reason = why ? message_of(why)
                    : "more calls end than the store can take; the newest "
                      "were left out";
  uses_.failed(make_error(why ? code_of(why) : ec::overloaded,
                          std::to_string(untold)
                            + " decisions of models were not kept: " + reason));
}

void decision_recorder::sweep() {
  if (to_sweep_.empty()) {
    sweep_at_ = std::chrono::steady_clock::now() + rules_.sweep_every;
    to_sweep_ = written_for_;
    if (auto known = uses_.tenants())
      to_sweep_.insert(known->begin(), known->end());
    else
      uses_.failed(with_context("old decisions of models", known.error()));
  }
  if (to_sweep_.empty())
    return;
  auto more = sweep_some();
  if (!more)
    uses_.failed(with_context("old decisions of models", more.error()));
  if (!more || !*more)
    to_sweep_.erase(to_sweep_.begin());
}

/// Erases some of the first tenant's that have been kept long enough; whether
/// there may be more.
caf::expected<bool> decision_recorder::sweep_some() {
  store::query what;
  what.kind = decision_shelf::kind;
  what.tenant = *to_sweep_.begin();
  what.limit = erased_at_once;
  what.order = store::query::direction::oldest_first;
  auto page = uses_.list(what);
  if (!page)
    return std::move(page.error());
  auto limit = uses_.now() - *rules_.keep;
  store::batch batch;
  for (auto& row : page->rows)
    if (row.created_at <= limit)
      batch.erased.push_back({row.stream, row.last_seq});
  if (batch.erased.empty())
    return false;
  auto all = batch.erased.size() == page->rows.size();
  if (auto err = commit(std::move(batch)))
    return err;
  return all && !page->next_cursor.empty();
}

} // namespace machine::models
