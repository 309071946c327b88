#pragma once

#include "runtime/store/store.hpp"

#include <array>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace machine::gateway {

/// What a stored thing was when a document of it was made: when it began, which
/// tells it from an earlier one of the same name, and its last event.
struct stamp {
  timestamp created_at{};
  uint64_t last_seq = 0;

  bool operator==(const stamp&) const = default;
};

/// As an entity tag (RFC 9110, section 8.8.3).
std::string to_tag(const stamp& x);

/// Documents of things that have not changed since they were made, the ones
/// that were used last, up to a bound on their bytes. Who asks says how the
/// thing is now, so what was changed is never given out. Any thread may call.
class document_cache {
public:
  using document = std::shared_ptr<const std::string>;

  explicit document_cache(size_t max_bytes);

  document_cache(const document_cache&) = delete;
  document_cache& operator=(const document_cache&) = delete;

  /// A document and of what it is one.
  struct kept {
    stamp at;
    document made;
  };

  /// The document of *what*, of which it is known that it is as it was at
  /// *version*; see `store::engine::version`.
  std::optional<kept> find(const store::stream_id& what, uint64_t version);

  /// The document of *what* as it is at *now*; null if there is none. It is so
  /// at *version*, if that is given: *now* was found out after it.
  document find(const store::stream_id& what, const stamp& now,
                std::optional<uint64_t> version = std::nullopt);

  /// Keeps *made*, unless it is too large, in place of an older one.
  void keep(const store::stream_id& what, const stamp& now, document made);

  /// Of all documents.
  size_t size() const;

private:
  struct entry {
    store::stream_id what;
    stamp at;
    document made;
    std::optional<uint64_t> version = {};
  };

  /// A part of it with a lock of its own.
  struct drawer {
    mutable std::mutex mutex;
    /// The one that was used last comes first.
    std::list<entry> entries;
    std::map<store::stream_id, std::list<entry>::iterator> places;
    size_t bytes = 0;

    /// The entry of *what* if it *fits*, which it then is used for.
    template <class Fits>
    entry* find(const store::stream_id& what, Fits fits);
  };

  drawer& drawer_of(const store::stream_id& what);

  static constexpr size_t drawers = 16;

  const size_t max_bytes_;
  std::array<drawer, drawers> drawers_;
};

} // namespace machine::gateway
