#include "actors/orchestrator/run/bounds.hpp"

#include "actors/orchestrator/workflow/jq.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/text.hpp"

#include <algorithm>

namespace machine::orchestrator {

caf::error check_size(std::string_view what, size_t size, size_t most) {
  if (size <= most)
    return caf::none;
  return make_error(ec::limit_exceeded,
                    std::string{what} + " has " + std::to_string(size)
                      + " bytes; at most " + std::to_string(most)
                      + " are kept in a run: write it into a file of the "
                        "workspace, or make it shorter");
}

caf::error check_value(std::string_view what, const json_text& value) {
  if (auto err = check_size(what, value.text.size()))
    return err;
  if (value.text.empty())
    return caf::none;
  wire::limits bounds{.max_bytes = max_value_bytes,
                      .max_depth = max_value_depth};
  if (auto tree = wire::parse_json(value.text, bounds); !tree)
    return with_context(what, tree.error());
  return caf::none;
}

std::string clip(std::string text, size_t most) {
  return wire::clip(std::move(text), most);
}

} // namespace machine::orchestrator
