#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

/// Bounds on a `fair_queue`.
struct queue_bounds {
  /// On what waits, of all, of a group and of a member.
  size_t all = 10'000;
  size_t group = 2'500;
  size_t member = 250;
  /// What of a group is under way at a time.
  size_t under_way = SIZE_MAX;
};

/// What waits, of many owners: groups take turns, and within a group its
/// members do, so whoever has much there waits for themselves alone. What one
/// member has goes in its order. Not for several threads.
template <class T>
class fair_queue {
public:
  /// Something whose turn it is.
  struct turn {
    std::string group;
    T what;
  };

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
    auto& group = groups_[of.group];
    if (group.size == 0)
      turns_.push_back(of.group);
    auto [member, is_new] = group.members.try_emplace(of.member);
    if (is_new)
      group.turns.push_back(of.member);
    member->second.push_back(std::move(x));
    ++group.size;
    ++size_;
    return true;
  }

  /// What comes next, and is under way until `finish`; none if nothing waits,
  /// or only what belongs to groups of which enough is under way.
  std::optional<turn> pop() {
    auto may_go = [this](auto& name) {
      return groups_.find(name)->second.under_way < most_.under_way;
    };
    auto next = std::find_if(turns_.begin(), turns_.end(), may_go);
    if (next == turns_.end())
      return std::nullopt;
    auto name = std::move(*next);
    turns_.erase(next);
    auto& group = groups_.find(name)->second;
    turn result{name, take_from(group)};
    ++group.under_way;
    --size_;
    if (group.size > 0)
      turns_.push_back(std::move(name));
    return result;
  }

  /// Something of *group*, whose turn it was, has ended.
  void finish(const std::string& group) {
    auto at = groups_.find(group);
    if (--at->second.under_way == 0 && at->second.size == 0)
      groups_.erase(at);
  }

  /// Of what waits.
  size_t size() const {
    return size_;
  }

private:
  struct group_state {
    std::map<std::string, std::deque<T>> members;
    /// Those who have something, in the order in which they are due.
    std::deque<std::string> turns;
    size_t size = 0;
    size_t under_way = 0;
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
  /// Groups of which something waits, in the order in which they are due.
  std::deque<std::string> turns_;
  size_t size_ = 0;
};

} // namespace machine
