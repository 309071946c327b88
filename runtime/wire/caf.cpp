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

} // namespace machine::wire
