#include "runtime/store/writer.hpp"

#include "runtime/store/write_batch.hpp"

#include <algorithm>
#include <future>
#include <utility>

namespace machine::store::lmdb {

namespace {

/// What one transaction takes: more would only make all of it wait longer.
constexpr size_t max_group = 4'096;
constexpr size_t max_group_bytes = 32u << 20;

/// How long the writer waits for others to come along, at most; see `gather`.
constexpr auto max_patience = std::chrono::milliseconds{2};

} // namespace

writer::writer(environment& env, size_t max_waiting, size_t max_waiting_bytes)
    : env_(env), max_waiting_(max_waiting),
      max_waiting_bytes_(max_waiting_bytes) {}

void writer::start(std::function<void()> finish) {
  thread_ = std::thread{[this, finish = std::move(finish)] {
    thread_id_ = std::this_thread::get_id();
    work();
    finish();
  }};
}

void writer::append(prepared_batch what, commit_handler done) {
  auto size = what.size;
  submit({std::move(what), size, std::move(done), {}});
}

caf::error writer::perform(size_t bytes, job what) {
  if (thread_id_.load() == std::this_thread::get_id())
    return make_error(ec::internal, "a commit handler waits for the store, "
                                    "which waits for the handler");
  // Shared, for the writer is inside of it a moment longer than the waiter.
  auto outcome = std::make_shared<std::promise<caf::error>>();
  auto result = outcome->get_future();
  submit({std::move(what),
          bytes,
          [outcome](caf::expected<void> x) {
            outcome->set_value(x ? caf::error{} : x.error());
          },
          {}});
  return result.get();
}

void writer::submit(request what) {
  if (auto refused = accept(what))
    what.done(std::move(refused));
}

caf::error writer::accept(request& what) {
  bool wake = false;
  {
    std::lock_guard guard{mutex_};
    if (auto err = check_room(what.size))
      return err;
    ++accepted_;
    accepted_bytes_ += what.size;
    waiting_.push_back(std::move(what));
    wake = waiting_.size() == wanted_;
  }
  if (wake)
    wakeup_.notify_one();
  return caf::none;
}

caf::error writer::check_room(size_t size) const {
  if (closed_)
    return make_error(ec::unavailable, "the store is closed; open it again");
  if (accepted_ >= max_waiting_
      || (accepted_ > 0 && accepted_bytes_ + size > max_waiting_bytes_))
    return make_error(ec::overloaded,
                      std::to_string(accepted_) + " appends of "
                        + std::to_string(accepted_bytes_)
                        + " bytes wait for the disk; try again later");
  return caf::none;
}

void writer::close() {
  {
    std::lock_guard guard{mutex_};
    closed_ = true;
  }
  wakeup_.notify_all();
  if (thread_id_.load() == std::this_thread::get_id())
    return;
  std::lock_guard guard{joining_};
  if (thread_.joinable())
    thread_.join();
}

void writer::abandon() {
  close();
  std::lock_guard guard{joining_};
  if (thread_.joinable())
    thread_.detach();
}

void writer::work() {
  // Taken in turns with `waiting_`, so that neither grows anew each time.
  std::vector<request> all;
  std::unique_lock lock{mutex_};
  for (;;) {
    gather(lock);
    if (waiting_.empty())
      return;
    all.swap(waiting_);
    lock.unlock();
    process(all);
    all.clear();
    if (all.capacity() > max_group)
      all = {};
    lock.lock();
  }
}

// Who waited for the last commit is about to write again, but some moments
// later. Beginning without them would make two commits of one, each with half
// of the work; so the writer gives them a part of the time that it takes. It
// sleeps until all are there, for waking up at each would cost more than they
// do. If nobody came, the first one who does brings the others along again.
void writer::gather(std::unique_lock<std::mutex>& lock) {
  await(lock, last_size_);
  if (closed_ || !waiting_.empty())
    return;
  wakeup_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
  await(lock, last_size_);
}

void writer::await(std::unique_lock<std::mutex>& lock, size_t count) {
  if (closed_ || waiting_.size() >= count)
    return;
  auto patience =
    std::min<std::chrono::steady_clock::duration>(last_time_ / 4, max_patience);
  wanted_ = count;
  wakeup_.wait_for(lock, patience,
                   [this] { return closed_ || waiting_.size() >= wanted_; });
  wanted_ = 1;
}

void writer::process(group all) {
  while (!all.empty()) {
    size_t count = 0;
    size_t bytes = 0;
    while (count < std::min(all.size(), max_group)
           && (count == 0 || bytes + all[count].size <= max_group_bytes))
      bytes += all[count++].size;
    auto part = all.first(count);
    auto begin = std::chrono::steady_clock::now();
    {
      versions::change under_way{versions_, touched_by(part)};
      commit_group(part);
    }
    last_time_ = std::chrono::steady_clock::now() - begin;
    last_size_ = count;
    {
      std::lock_guard guard{mutex_};
      accepted_ -= count;
      accepted_bytes_ -= bytes;
    }
    for (auto& one : part) {
      auto done = std::move(one.done);
      if (one.outcome)
        done(std::move(one.outcome));
      else
        done(caf::expected<void>{caf::unit});
    }
    all = all.subspan(count);
  }
}

std::vector<versions::group> writer::touched_by(group all) {
  std::vector<versions::group> result;
  for (auto& one : all)
    if (auto* what = std::get_if<prepared_batch>(&one.what)) {
      for (auto& x : what->streams)
        result.push_back(versions::group_of(x.stream));
      for (auto& x : what->erased)
        result.push_back(versions::group_of(x.stream));
    }
  return result;
}

/// Commits all of a group, or as much of it as there is room for.
void writer::commit_group(group all) {
  while (!all.empty()) {
    size_t bytes = 0;
    for (auto& one : all)
      bytes += one.size;
    // The request that the transaction is at.
    size_t at = 0;
    uint64_t appended = 0;
    auto now = wall_clock();
    auto result = env_.write(bytes, [&](transaction& tx, const tables& in) {
      epochs known;
      appended = 0;
      for (at = 0; at < all.size(); ++at) {
        verdict one;
        if (auto* what = std::get_if<prepared_batch>(&all[at].what)) {
          one = write_batch(tx, in, *what, known, now, names_);
          appended += one.why ? 0 : 1;
        } else {
          one = std::get<job>(all[at].what)(tx, in);
          known.forget();
        }
        // Others must not suffer from a damaged page that this one met.
        if (one.code == MDB_SUCCESS && one.why && tx.given_up(in.meta))
          one.code = MDB_BAD_TXN;
        if (one.code != MDB_SUCCESS)
          return one;
        all[at].outcome = std::move(one.why);
      }
      return verdict{};
    });
    if (result.code == MDB_SUCCESS && !result.why) {
      ++commits_;
      appends_ += appended;
      return;
    }
    auto why = result.why;
    if (result.code == MDB_MAP_FULL) {
      why = env_.grow();
      if (!why)
        continue;
    }
    if (!why)
      why = to_error(result.code, "writing");
    if (result.at == verdict::stage::job && all.size() > 1) {
      // What came before this one has room; what comes after may have.
      commit_group(all.first(at));
      all[at].outcome = std::move(why);
      all = all.subspan(at + 1);
    } else if (all.size() > 1
               && (is_full(result.code) || result.code == MDB_TXN_FULL)) {
      commit_group(all.first(all.size() / 2));
      all = all.subspan(all.size() / 2);
    } else {
      for (auto& one : all)
        one.outcome = why;
      return;
    }
  }
}

} // namespace machine::store::lmdb
