#pragma once

#include "runtime/store/check.hpp"
#include "runtime/store/store.hpp"

#include <deque>

namespace machine::test {

/// A store that forgets, holds back and fails as a test wants it to. Of one
/// thread.
class memory_engine : public store::engine {
public:
  /// What becomes of an append.
  struct fate {
    ec code = ec::none;
    /// It is in the log, whatever was said.
    bool durable = false;
  };

  /// Of the next appends, one after the other; all others succeed.
  std::deque<fate> fates;
  /// All appends fail with this one, if it is one.
  ec always = ec::none;
  /// Reads fail with this one, if it is one.
  ec unreadable = ec::none;
  /// Appends wait for `release`.
  bool hold = false;
  /// What was committed, in its order.
  std::vector<store::batch> committed;
  uint64_t appends = 0;
  uint64_t reads = 0;
  /// Snapshots that were asked for: one a load.
  uint64_t loads = 0;
  uint64_t claims = 0;
  uint64_t renewals = 0;
  std::map<store::stream_id, std::vector<store::stored_event>> logs;
  std::map<store::stream_id, store::snapshot> snapshots;
  std::map<uint32_t, store::shard_lease> leases;

  size_t held() const {
    return held_.size();
  }

  /// Decides on all appends that wait.
  void release() {
    for (auto& [what, done] : std::exchange(held_, {}))
      decide(std::move(what), done);
  }

  void append(store::batch what, store::commit_handler done) override {
    ++appends;
    if (hold)
      held_.emplace_back(std::move(what), std::move(done));
    else
      decide(std::move(what), done);
  }

  caf::expected<std::vector<store::stored_event>>
  read(const store::stream_id& stream, uint64_t from, size_t max_count,
       size_t) override {
    ++reads;
    if (unreadable != ec::none)
      return make_error(unreadable, "on purpose");
    std::vector<store::stored_event> result;
    for (auto& x : logs[stream])
      if (x.seq >= from && result.size() < max_count)
        result.push_back(x);
    return result;
  }

  caf::expected<uint64_t> last_seq(const store::stream_id& x) override {
    return logs[x].size();
  }

  caf::expected<std::optional<store::snapshot>>
  read_snapshot(const store::stream_id& x) override {
    ++loads;
    if (auto i = snapshots.find(x); i != snapshots.end())
      return std::optional{i->second};
    return std::optional<store::snapshot>{};
  }

  uint32_t shard_count() const override {
    return 64;
  }

  caf::expected<store::shard_lease>
  claim_shard(uint32_t shard, const std::string& owner, duration) override {
    ++claims;
    auto& held = leases[shard];
    if (held.epoch > 0 && !held.owner.empty() && held.owner != owner)
      return make_error(ec::conflict, "held by " + held.owner);
    held = {shard, owner, held.epoch + 1, {}};
    return held;
  }

  caf::expected<void> release_shard(const store::shard_lease& x) override {
    if (leases[x.shard].epoch == x.epoch)
      leases[x.shard].owner.clear();
    return caf::unit;
  }

  caf::expected<store::listed_row>
  read_summary(const store::stream_id&) override {
    return no();
  }

  caf::expected<store::page> list(const store::query&) override {
    return no();
  }

  caf::expected<store::blob_hash> put_blob(bytes_view) override {
    return no();
  }

  caf::expected<bytes> get_blob(const store::blob_hash&) override {
    return no();
  }

  caf::expected<store::shard_lease> renew_shard(const store::shard_lease& x,
                                                duration) override {
    ++renewals;
    if (always != ec::none)
      return make_error(always, "on purpose");
    if (leases[x.shard].epoch != x.epoch)
      return make_error(ec::fenced, "a newer owner");
    release();
    return x;
  }

  caf::expected<void> put_node(store::node_row) override {
    return no();
  }

  caf::expected<void> remove_node(const std::string&) override {
    return no();
  }

  caf::expected<std::vector<store::node_row>> nodes() override {
    return no();
  }

  caf::expected<store::verify_report> verify(std::stop_token) override {
    return no();
  }

  caf::expected<store::garbage_report>
  collect_garbage(duration, std::stop_token) override {
    return no();
  }

  caf::expected<void> backup(const std::string&, std::stop_token) override {
    return no();
  }

  caf::expected<store::statistics> stats() override {
    return no();
  }

  void close() override {}

private:
  static caf::error no() {
    return make_error(ec::internal, "this store cannot do that");
  }

  void decide(store::batch what, const store::commit_handler& done) {
    fate next{always};
    if (!fates.empty()) {
      next = fates.front();
      fates.pop_front();
    }
    if (next.code == ec::none || next.durable) {
      if (auto err = commit(std::move(what))) {
        done(std::move(err));
        return;
      }
    }
    if (next.code == ec::none)
      done(caf::unit);
    else
      done(make_error(next.code, "on purpose"));
  }

  caf::error commit(store::batch what) {
    if (auto err = store::check_batch(what, shard_count()))
      return err;
    if (leases[what.shard].epoch != what.epoch)
      return make_error(ec::fenced, "a newer owner");
    for (auto& x : what.streams)
      if (logs[x.stream].size() != x.expected_seq)
        return make_error(ec::conflict, "the log is elsewhere");
    for (auto& x : what.erased)
      if (auto& log = logs[x.stream];
          !log.empty() && log.size() != x.expected_seq)
        return make_error(ec::conflict, "the log is elsewhere");
    for (auto& x : what.streams) {
      auto& log = logs[x.stream];
      for (auto& event : x.events)
        log.push_back({log.size() + 1, {}, event});
      if (x.snapshot)
        snapshots[x.stream] = *x.snapshot;
    }
    for (auto& x : what.notices) {
      auto& log = logs[x.stream];
      log.push_back({log.size() + 1, {}, x.payload});
    }
    for (auto& x : what.erased) {
      logs.erase(x.stream);
      snapshots.erase(x.stream);
    }
    committed.push_back(std::move(what));
    return caf::none;
  }

  std::vector<std::pair<store::batch, store::commit_handler>> held_;
};

} // namespace machine::test
