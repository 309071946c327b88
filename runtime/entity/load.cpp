#include "runtime/entity/load.hpp"

#include <algorithm>

namespace machine::entity {

caf::expected<bool> holds(store::engine& engine, const store::stream_id& stream,
                          uint64_t first_seq,
                          const std::vector<bytes>& payloads) {
  size_t seen = 0;
  while (seen < payloads.size()) {
    auto events =
      engine.read(stream, first_seq + seen, payloads.size() - seen, page_bytes);
    if (!events)
      return std::move(events.error());
    if (events->empty())
      return false;
    for (auto& event : *events)
      if (seen == payloads.size() || event.payload != payloads[seen++])
        return false;
  }
  return true;
}

} // namespace machine::entity
