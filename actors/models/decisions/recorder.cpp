#include "actors/models/decisions/recorder.hpp"

#include "runtime/store/check.hpp"

#include <algorithm>
#include <future>

namespace machine::models {

namespace {

/// What is counted or erased at one time: as much as is written at one time, or
/// a busy desk would be faster.
constexpr size_t rows_at_once = 1'000;

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
    auto sweeps = !closing_;
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
      batch.streams.push_back(std::move(part));
    }
  }
  std::map<std::string, uint64_t> counts;
  for (auto& part : batch.streams)
    ++counts[part.stream.tenant];
  auto count = batch.streams.size();
  caf::error err;
  if (count > 0)
    err = commit(std::move(batch));
  if (err) {
    why = err;
    lost += count;
  } else {
    for (auto& [tenant, more] : counts) {
      auto& shelf = shelves_[tenant];
      shelf.kept += more;
      if (is_over(shelf))
        to_sweep_.insert(tenant);
    }
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
      return is.error();
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
  if (std::chrono::steady_clock::now() >= sweep_at_) {
    sweep_at_ = std::chrono::steady_clock::now() + rules_.sweep_every;
    for (auto& [tenant, shelf] : shelves_)
      to_sweep_.insert(tenant);
    if (auto known = uses_.tenants())
      to_sweep_.insert(known->begin(), known->end());
    else
      uses_.failed(with_context("old decisions of models", known.error()));
  }
  if (to_sweep_.empty())
    return;
  auto more = sweep_some(*to_sweep_.begin());
  if (!more)
    uses_.failed(with_context("old decisions of models", more.error()));
  if (!more || !*more)
    to_sweep_.erase(to_sweep_.begin());
}

/// Whether there is more to be erased than is worth waiting for.
bool decision_recorder::is_over(const shelf& x) const {
  return x.now == shelf::stage::counted
      && x.kept > rules_.max_kept + rules_.max_kept / 10;
}

/// Counts some that were there before; whether there is more to do.
caf::expected<bool> decision_recorder::count_some(const std::string& tenant,
                                                  shelf& of) {
  if (of.now == shelf::stage::unknown) {
    // What was written until now is counted with the others.
    of.now = shelf::stage::counting;
    of.kept = 0;
  }
  store::query what;
  what.kind = decision_shelf::kind;
  what.tenant = tenant;
  what.limit = rows_at_once;
  what.cursor = of.cursor;
  auto page = uses_.list(what);
  if (!page) {
    of.now = shelf::stage::unknown;
    of.cursor.clear();
    return std::move(page.error());
  }
  of.kept += page->rows.size();
  of.cursor = page->next_cursor;
  if (of.cursor.empty())
    of.now = shelf::stage::counted;
  return true;
}

/// Erases some that have been kept long enough, or are too many; whether there
/// may be more.
caf::expected<bool> decision_recorder::sweep_some(const std::string& tenant) {
  auto& shelf = shelves_[tenant];
  if (shelf.now != shelf::stage::counted)
    return count_some(tenant, shelf);
  store::query what;
  what.kind = decision_shelf::kind;
  what.tenant = tenant;
  what.limit = rows_at_once;
  what.order = store::query::direction::oldest_first;
  auto page = uses_.list(what);
  if (!page)
    return std::move(page.error());
  auto too_many =
    shelf.kept > rules_.max_kept ? shelf.kept - rules_.max_kept : 0;
  auto now = uses_.now();
  store::batch batch;
  for (auto& row : page->rows)
    if (batch.erased.size() < too_many
        || (rules_.keep && row.created_at <= now - *rules_.keep))
      batch.erased.push_back({row.stream, row.last_seq});
  auto count = batch.erased.size();
  if (count == 0)
    return false;
  if (auto err = commit(std::move(batch)))
    return err;
  shelf.kept -= std::min<uint64_t>(count, shelf.kept);
  return count == page->rows.size() && !page->next_cursor.empty();
}

} // namespace machine::models
