#pragma once

#include "runtime/entity/commit.hpp"

#include <algorithm>
#include <iterator>

namespace machine::entity {

/// An append in the making: what commands that are decided together have the
/// store write.
template <class E>
struct append_plan {
  explicit append_plan(const loaded_entity<E>& from)
      : batch{from.shard, from.epoch, {}, {}} {
    commit->first_seq = from.last_seq + 1;
  }

  /// Whether one more command may join. The last one may be as large as the
  /// bounds of a command allow.
  bool has_room() const {
    return payloads.size() < max_events_per_append
        && batch.blobs.size() < max_events_per_append
        && batch.notices.size() < max_events_per_append
        && size < max_bytes_per_append;
  }

  /// Takes what a command causes, but for its events themselves.
  void add(prepared<E> what) {
    size += what.size;
    move_to(what.effects, commit->effects);
    move_to(what.payloads, payloads);
    move_to(what.blobs, batch.blobs);
    add_notices(std::move(what.notices));
  }

  /// Has the log of *ctx* erased, which is as *from* says; nothing else is in
  /// such an append.
  void erase(const loaded_entity<E>& from, const context& ctx) {
    batch.erased.push_back({stream_of<E>(ctx.key), from.last_seq});
    add_notices(notices_of_end<E>(from.state, ctx));
  }

  std::unique_ptr<commit_in_flight<E>> commit =
    std::make_unique<commit_in_flight<E>>();
  store::batch batch;
  /// Of the log.
  std::vector<bytes> payloads;
  /// Of what commands cause, in bytes.
  size_t size = 0;

private:
  void add_notices(std::vector<store::notice> what) {
    for (auto& x : what)
      commit->topics.insert(x.stream);
    move_to(what, batch.notices);
  }

  template <class T>
  static void move_to(std::vector<T>& from, std::vector<T>& to) {
    std::move(from.begin(), from.end(), std::back_inserter(to));
  }
};

} // namespace machine::entity
