#include "runtime/entity/prepare.hpp"

namespace machine::entity {

caf::error check_parts(const char* what, const std::vector<bytes>& parts,
                       size_t bound, size_t& total) {
  if (parts.size() > max_items_per_command)
    return make_error(ec::limit_exceeded,
                      "it would add " + std::to_string(parts.size()) + " "
                        + what + "s; at most "
                        + std::to_string(max_items_per_command)
                        + " are allowed at once");
  for (auto& part : parts) {
    if (part.size() > bound)
      return make_error(ec::limit_exceeded,
                        "one " + std::string{what} + " would have "
                          + std::to_string(part.size()) + " bytes; at most "
                          + std::to_string(bound) + " are allowed");
    total += part.size();
  }
  return caf::none;
}

} // namespace machine::entity
