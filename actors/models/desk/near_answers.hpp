#pragma once

#include "actors/models/desk/answer_cache.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace machine::models {

/// What is asked, as far as an answer to nearly the same would do.
struct near_question {
  std::string tenant;
  /// What has to be the same: all of the request but its last text, and what
  /// made the vector.
  std::string group;
  /// Of its last text; see `near_text.hpp`.
  std::string guard;
  /// Of length 1.
  std::vector<float> vector;
};

/// The oldest ones of a tenant go first; where there is too much of all, those
/// of the tenant that has asked for nothing for longest.
struct near_bounds {
  size_t items_of_tenant = 1'000;
  size_t bytes_of_tenant = 8u << 20;
  size_t bytes = 64u << 20;
};

/// Answers to questions, found again by questions that are nearly the same.
/// What a tenant has kept is found by that tenant alone. All vectors of a
/// tenant are looked at: they are few enough that an index would not pay. Pure:
/// time comes in as an argument.
class near_answers {
public:
  near_answers() = default;
  explicit near_answers(near_bounds most) : most_(most) {}

  using entry = answer_cache::entry;

  /// The answer to the nearest question whose cosine with *what* is at least
  /// *threshold*.
  std::optional<entry> find(const near_question& what, double threshold,
                            timestamp now);

  /// @param name The same for the same question: its answer is replaced.
  void keep(near_question what, const std::string& name, entry answer,
            timestamp until);

  size_t size() const;

  size_t bytes() const {
    return bytes_;
  }

private:
  struct item {
    std::string name;
    near_question what;
    entry answer;
    timestamp until{};
    size_t bytes = 0;
  };

  struct shelf {
    /// The oldest first.
    std::deque<item> items;
    size_t bytes = 0;
    uint64_t used = 0;
  };

  template <class Predicate>
  void forget(shelf& of, Predicate which);
  void forget_oldest(shelf& of);

  const near_bounds most_{};
  std::map<std::string, shelf> shelves_;
  size_t bytes_ = 0;
  uint64_t uses_ = 0;
};

} // namespace machine::models
