#pragma once

#include "actors/models/chat.hpp"
#include "runtime/types.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace machine::models {

/// Whether an answer that was given before may be given again.
enum class cache_use : uint8_t {
  off,
  /// It may, and a new one is kept.
  on,
  /// It may not, but the new one is kept.
  refresh,
};

constexpr auto wire_names(cache_use) {
  return std::array<std::pair<std::string_view, cache_use>, 3>{{
    {"off", cache_use::off},
    {"on", cache_use::on},
    {"refresh", cache_use::refresh},
  }};
}

/// What names an answer: the tenant, how the model was asked for, and the whole
/// request but for whom it is asked. Two requests have the same name only if
/// they are the same (BLAKE2b-256).
std::string cache_key(const std::string& tenant, const std::string& model,
                      const chat_request& request);

/// Whether *answer* would do for the same request another time: it is whole,
/// and no refusal.
bool may_be_kept(const chat_response& answer);

/// About what *answer* takes, in bytes.
size_t size_of_answer(const chat_response& answer);

/// Answers that were given, the least used ones forgotten first. Pure: time
/// comes in as an argument.
class answer_cache {
public:
  /// @param max_bytes About what they may take.
  explicit answer_cache(size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Who answered, and what.
  struct entry {
    std::string model;
    std::string provider;
    std::shared_ptr<const chat_response> answer;
  };

  std::optional<entry> find(const std::string& key, timestamp now);

  void keep(const std::string& key, entry what, timestamp until);

  size_t size() const {
    return entries_.size();
  }

  size_t bytes() const {
    return bytes_;
  }

private:
  struct item {
    std::string key;
    entry what;
    timestamp until{};
    size_t bytes = 0;
  };

  using item_list = std::list<item>;

  void forget(item_list::iterator which);

  const size_t max_bytes_;
  size_t bytes_ = 0;
  /// The ones used last come first.
  item_list items_;
  std::unordered_map<std::string, item_list::iterator> entries_;
};

} // namespace machine::models
