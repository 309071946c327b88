#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace machine {

/// Whose something is: a member of a group, as a principal of a tenant.
struct queue_owner {
  std::string group;
  std::string member;
};

/// Bounds on what waits in a `fair_queue`.
struct queue_bounds {
  size_t all = 10'000;
  size_t group = 1'000;
  size_t member = 250;
};

/// What waits, of many owners: groups take turns, and within a group its
/// members do, so whoever has much there waits for themselves alone. What one
/// member has goes in its order. Not for several threads.
template <class T>
class fair_queue {
public:
  explicit fair_queue(queue_bounds most = {}) : most_(most) {}

  /// Whether one more of *of* may wait.
  bool has_room(const queue_owner& of) const {
    auto there = groups_.find(of.group);
    return size_ < most_.all
        && (there == groups_.end() || has_room(there->second, of.member));
  }

  /// False if *x* is one too many.
  bool push(const queue_owner& of, T x) {
    if (!has_room(of))
      return false;
    auto [there, is_first] = groups_.try_emplace(of.group);
    if (is_first)
      turns_.push_back(of.group);
    auto& group = there->second;
    auto [member, is_new] = group.members.try_emplace(of.member);
    if (is_new)
      group.turns.push_back(of.member);
    member->second.push_back(std::move(x));
    ++group.size;
    ++size_;
    return true;
  }

  /// What comes next; none if nothing waits.
  std::optional<T> pop() {
    if (turns_.empty())
      return std::nullopt;
    auto name = std::move(turns_.front());
    turns_.pop_front();
    auto at = groups_.find(name);
    auto result = take_from(at->second);
    --size_;
    if (at->second.size == 0)
      groups_.erase(at);
    else
      turns_.push_back(std::move(name));
    return result;
  }

  size_t size() const {
    return size_;
  }

private:
  struct group_state {
    std::map<std::string, std::deque<T>> members;
    /// Those who have something, in the order in which they are due.
    std::deque<std::string> turns;
    size_t size = 0;
  };

  bool has_room(const group_state& in, const std::string& member) const {
    auto i = in.members.find(member);
    return in.size < most_.group
        && (i == in.members.end() || i->second.size() < most_.member);
  }

  static T take_from(group_state& in) {
    auto name = std::move(in.turns.front());
    in.turns.pop_front();
    auto at = in.members.find(name);
    auto result = std::move(at->second.front());
    at->second.pop_front();
    --in.size;
    if (at->second.empty())
      in.members.erase(at);
    else
      in.turns.push_back(std::move(name));
    return result;
  }

  queue_bounds most_;
  std::map<std::string, group_state> groups_;
  std::deque<std::string> turns_;
  size_t size_ = 0;
};

} // namespace machine
