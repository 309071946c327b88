#pragma once

#include "gateway/identity/principal.hpp"
#include "gateway/identity/rate_rules.hpp"
#include "runtime/error.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace machine::gateway {

/// Who holds how many streams, of whatever kind. Any thread may call.
class stream_counts : public std::enable_shared_from_this<stream_counts> {
public:
  /// A place of a stream; it is free again when this is gone.
  class place {
  public:
    place(std::shared_ptr<stream_counts> from, std::vector<std::string> names)
        : from_(std::move(from)), names_(std::move(names)) {}

    place(const place&) = delete;
    place& operator=(const place&) = delete;

    ~place();

  private:
    std::shared_ptr<stream_counts> from_;
    std::vector<std::string> names_;
  };

  explicit stream_counts(const rate_rules& rules) : rules_(rules) {}

  /// A place for a stream of *who*, at *address*; `rate_limited` if they have
  /// as many as they may. Somebody who runs the machine always has one.
  caf::expected<std::shared_ptr<place>> take(const principal& who,
                                             const std::string& address);

  /// Names that hold a stream.
  size_t size() const;

private:
  void give_back(const std::vector<std::string>& names);

  const rate_rules rules_;
  mutable std::mutex mutex_;
  std::map<std::string, size_t> counts_;
};

} // namespace machine::gateway
