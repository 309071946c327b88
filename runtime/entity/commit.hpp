#pragma once

#include "runtime/entity/inbox.hpp"
#include "runtime/entity/load.hpp"
#include "runtime/entity/prepare.hpp"

#include <set>

namespace machine::entity {

/// What was decided together, from the decision to its commit.
template <class E>
struct commit_in_flight {
  struct decided {
    waiting_command<E> command;
    caf::expected<outcome<E>> result;
  };

  std::vector<decided> commands;
  /// Those who asked for the end of the log; then it has nothing else in it.
  std::vector<answer<bool>> erasers;
  std::vector<typename E::effect> effects;
  std::shared_ptr<const std::vector<bytes>> payloads;
  uint64_t first_seq = 0;
  /// That get notices with it.
  std::set<store::stream_id> topics;
  /// Written by the store. Nothing else is shared with its thread: answers
  /// belong to the actor.
  std::shared_ptr<caf::expected<void>> result =
    std::make_shared<caf::expected<void>>(make_error(ec::unavailable));
  /// It is over a bound of the store, and was never given to it.
  bool unfit = false;

  /// None of it has happened.
  void refuse(const caf::error& why) {
    for (auto& x : commands)
      x.command.to.deliver(why);
    for (auto& x : erasers)
      x.deliver(why);
  }
};

/// What came of reading the log.
template <class E>
struct load_result {
  caf::expected<loaded_entity<E>> entity;
  /// The append that was said to have failed is in the log.
  bool durable = false;
};

/// Reads the log of *id*, and tells whether *doubtful* stands in it. Blocks,
/// and never throws.
template <class E>
load_result<E> load_and_compare(const services<E>& uses, const key& id,
                                const std::vector<bytes>* doubtful,
                                uint64_t first_seq) {
  try {
    load_result<E> result{load<E>(*uses.engine, *uses.shards, id)};
    if (result.entity && doubtful != nullptr) {
      auto there = holds(*uses.engine, stream_of<E>(id), first_seq, *doubtful);
      if (!there)
        return {std::move(there.error())};
      result.durable = *there;
    }
    return result;
  } catch (const std::bad_alloc&) {
    return {make_error(ec::unavailable, "there is not enough memory to read "
                                        "it; try later")};
  } catch (const std::exception& err) {
    return {
      make_error(ec::internal, std::string{"reading it fails: "} + err.what())};
  } catch (...) {
    return {make_error(ec::internal, "reading it fails")};
  }
}

} // namespace machine::entity
