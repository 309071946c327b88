#pragma once

#include "runtime/entity/answer.hpp"
#include "runtime/entity/entity.hpp"
#include "runtime/entity/services.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace machine::entity {

/// What is to be decided. It belongs to no actor.
template <class E>
struct question {
  typename E::command what;
  /// It is for the log that ends with this event; none: whatever that is.
  std::optional<uint64_t> if_last_seq;
};

/// A command that waits for its decision.
template <class E>
struct waiting_command {
  question<E> asks;
  answer<outcome<E>> to;
  /// The entity gave it to itself.
  bool from_alarm = false;
};

/// Who waits for one entity. Each kind is bounded: who finds it full is
/// answered with `overloaded` at once.
template <class E>
class inbox {
public:
  inbox() = default;

  /// @param id Of the entity.
  explicit inbox(std::string id) : id_(std::move(id)) {}

  void add_command(waiting_command<E> next) {
    add(commands_, std::move(next), next.to, "commands");
  }

  void add_reader(answer<typename E::state> reader) {
    add(readers_, std::move(reader), reader, "readers");
  }

  void add_eraser(answer<bool> eraser) {
    add(erasers_, std::move(eraser), eraser, "requests to erase it");
  }

  /// A command of the entity's own, which is not one of those bounded.
  void add_own(typename E::command what) {
    commands_.push_back({{std::move(what), std::nullopt}, {}, true});
  }

  /// Puts back a command that was taken first.
  void put_back(waiting_command<E> next) {
    commands_.push_front(std::move(next));
  }

  bool has_commands() const {
    return !commands_.empty();
  }

  bool has_erasers() const {
    return !erasers_.empty();
  }

  bool empty() const {
    return commands_.empty() && readers_.empty() && erasers_.empty();
  }

  /// Those that have waited longest, *most* of them at the most.
  std::vector<waiting_command<E>> take_commands(size_t most) {
    auto end = commands_.begin()
             + static_cast<std::ptrdiff_t>(std::min(most, commands_.size()));
    std::vector<waiting_command<E>> result{
      std::make_move_iterator(commands_.begin()), std::make_move_iterator(end)};
    commands_.erase(commands_.begin(), end);
    return result;
  }

  std::vector<answer<bool>> take_erasers() {
    return std::exchange(erasers_, {});
  }

  /// @param state A state, or the error why there is none.
  template <class State>
  void answer_readers(const State& state) {
    for (auto& reader : std::exchange(readers_, {}))
      reader.deliver(state);
  }

  void fail_all(const caf::error& why) {
    for (auto& x : std::exchange(commands_, {}))
      x.to.deliver(why);
    answer_readers(why);
    for (auto& eraser : take_erasers())
      eraser.deliver(why);
  }

private:
  template <class Queue, class Entry, class Answer>
  void add(Queue& to, Entry&& entry, Answer& whom, const char* what) {
    if (to.size() < max_waiting_commands)
      to.push_back(std::forward<Entry>(entry));
    else
      whom.deliver(
        make_error(ec::overloaded, std::string{E::kind} + " " + id_ + " has "
                                     + std::to_string(max_waiting_commands)
                                     + " " + what + " waiting; try later"));
  }

  std::string id_;
  std::deque<waiting_command<E>> commands_;
  std::vector<answer<typename E::state>> readers_;
  std::vector<answer<bool>> erasers_;
};

} // namespace machine::entity
