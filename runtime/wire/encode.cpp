#include "runtime/wire/encode.hpp"

#include <algorithm>

namespace machine::wire {

void encode_members(sink& out, std::string_view tag,
                    std::span<const storable> members) {
  auto size =
    std::ranges::count_if(members, [](auto& x) { return x.value != nullptr; });
  out.begin_map(static_cast<size_t>(size) + (tag.empty() ? 0 : 1));
  if (!tag.empty()) {
    out.key("type");
    out.text(tag);
  }
  for (auto& x : members) {
    if (x.value != nullptr) {
      out.key(x.name);
      x.write(out, x.value);
    }
  }
  out.end_map();
}

} // namespace machine::wire
