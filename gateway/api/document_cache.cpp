#include "gateway/api/document_cache.hpp"

namespace machine::gateway {

namespace {

/// What an entry costs beside its document, about.
constexpr size_t overhead = 512;

} // namespace

std::string to_tag(const stamp& x) {
  return "\"" + std::to_string(x.created_at.time_since_epoch().count()) + "-"
       + std::to_string(x.last_seq) + "\"";
}

document_cache::document_cache(size_t max_bytes)
    : max_bytes_(max_bytes / drawers) {}

document_cache::drawer&
document_cache::drawer_of(const store::stream_id& what) {
  return drawers_[std::hash<std::string>{}(what.id) % drawers];
}

template <class Fits>
document_cache::entry*
document_cache::drawer::find(const store::stream_id& what, Fits fits) {
  auto i = places.find(what);
  if (i == places.end() || !fits(*i->second))
    return nullptr;
  entries.splice(entries.begin(), entries, i->second);
  return &*i->second;
}

std::optional<document_cache::kept>
document_cache::find(const store::stream_id& what, uint64_t version) {
  auto& in = drawer_of(what);
  std::lock_guard guard{in.mutex};
  auto* found = in.find(what, [&](auto& x) { return x.version == version; });
  if (found == nullptr)
    return std::nullopt;
  return kept{found->at, found->made};
}

document_cache::document document_cache::find(const store::stream_id& what,
                                              const stamp& now,
                                              std::optional<uint64_t> version) {
  auto& in = drawer_of(what);
  std::lock_guard guard{in.mutex};
  auto* found = in.find(what, [&](auto& x) { return x.at == now; });
  if (found == nullptr)
    return nullptr;
  if (version)
    found->version = version;
  return found->made;
}

void document_cache::keep(const store::stream_id& what, const stamp& now,
                          document made) {
  auto size = made->size() + overhead;
  if (size > max_bytes_)
    return;
  auto& in = drawer_of(what);
  std::lock_guard guard{in.mutex};
  auto forget = [&in](std::list<entry>::iterator which) {
    in.bytes -= which->made->size() + overhead;
    in.places.erase(which->what);
    in.entries.erase(which);
  };
  if (auto i = in.places.find(what); i != in.places.end())
    forget(i->second);
  while (in.bytes + size > max_bytes_)
    forget(std::prev(in.entries.end()));
  in.entries.push_front({what, now, std::move(made)});
  in.places.emplace(what, in.entries.begin());
  in.bytes += size;
}

size_t document_cache::size() const {
  size_t result = 0;
  for (auto& x : drawers_) {
    std::lock_guard guard{x.mutex};
    result += x.bytes;
  }
  return result;
}

} // namespace machine::gateway
