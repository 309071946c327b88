#pragma once

#include "deploy/cli/follower.hpp"
#include "deploy/cli/link.hpp"
#include "deploy/cli/terminal.hpp"

#include <deque>
#include <mutex>
#include <utility>
#include <variant>

namespace machine::cli {

/// What other threads tell the one that draws.
class inbox {
public:
  using item = std::variant<follow_item, link_news>;

  void put(item x) {
    std::lock_guard guard{mutex_};
    auto* told = std::get_if<follow_item>(&x);
    if (told && std::holds_alternative<live_piece>(*told)
        && items_.size() >= max_pieces)
      return;
    items_.push_back(std::move(x));
    bell_.ring();
  }

  std::deque<item> take() {
    std::lock_guard guard{mutex_};
    bell_.silence();
    return std::exchange(items_, {});
  }

  /// Readable when there is something to take.
  int descriptor() const {
    return bell_.descriptor();
  }

private:
  /// Live pieces that may wait to be shown; more are left out.
  static constexpr size_t max_pieces = 4096;

  std::mutex mutex_;
  std::deque<item> items_;
  doorbell bell_;
};

} // namespace machine::cli
