#include "runtime/wire/caf.hpp"

namespace machine::wire {

caf::error load_bytes(caf::deserializer& from, bytes& x) {
  constexpr size_t first_step = 64u << 10;
  x.clear();
  size_t left = 0;
  if (auto err = from.begin_sequence(left))
    return err;
  while (left > 0) {
    auto done = x.size();
    auto step = std::min(left, std::max(first_step, done));
    x.resize(done + step);
    if (auto err = from.apply_raw(step, x.data() + done)) {
      x.clear();
      return err;
    }
    left -= step;
  }
  return from.end_sequence();
}

caf::error save_members(caf::serializer& to,
                        std::span<const saved_member> members) {
  if (members.empty()) {
    uint8_t filler = 0;
    return to.apply(filler);
  }
  for (auto& x : members)
    if (auto err = x.save(to, x.place))
      return err;
  return caf::none;
}

caf::error load_members(caf::deserializer& from, std::string_view name,
                        std::span<const received_member> members) {
  nesting level;
  if (level.too_deep())
    return make_error(ec::limit_exceeded,
                      std::string{name} + " is nested too deep");
  if (members.empty()) {
    uint8_t filler = 0;
    return from.apply(filler);
  }
  for (auto& x : members) {
    if (auto err = x.load(from, x.place))
      return err;
    if (x.known != nullptr && !x.known(x.place))
      return make_error(ec::invalid_argument,
                        std::string{name} + "." + std::string{x.name}
                          + ": the number is no known value; do all nodes run "
                            "the same build?");
  }
  return caf::none;
}

caf::error load_alternative(caf::deserializer& from, void* place,
                            std::span<const alternative_loader> loaders) {
  uint32_t index = 0;
  if (auto err = from.apply(index))
    return err;
  if (index >= loaders.size())
    return make_error(ec::invalid_argument,
                      "no type has the number " + std::to_string(index)
                        + " in a variant; do all nodes run the same build?");
  return loaders[index](from, place);
}

} // namespace machine::wire
