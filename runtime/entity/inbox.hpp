#pragma once

#include "runtime/entity/answer.hpp"
#include "runtime/entity/entity.hpp"
#include "runtime/entity/services.hpp"

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace machine::entity {

/// A command that waits for its decision.
template <class E>
struct waiting_command {
  typename E::command what;
  answer<outcome<E>> to;
  /// It is for the log that ends with this event; none: whatever that is.
  std::optional<uint64_t> if_last_seq;
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
    commands_.push_back({std::move(what), {}, std::nullopt, true});
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

  /// @pre `has_commands()`
  waiting_command<E> take_command() {
    auto next = std::move(commands_.front());
    commands_.pop_front();
    return next;
  }

  /// `changed` if *x* is for a log that does not end with event *last_seq*.
  caf::error check_place(const waiting_command<E>& x, uint64_t last_seq) const {
    if (!x.if_last_seq || *x.if_last_seq == last_seq)
      return caf::none;
    return make_error(ec::changed, std::string{E::kind} + " " + id_
                                     + " has changed meanwhile; look at it "
                                       "again");
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
