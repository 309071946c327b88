// A list of prices, and a file that it is merged into: what is taken reads
// again as it was, and nothing else of the file changes.

#include "actors/models/catalogue_text.hpp"
#include "actors/models/litellm.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace machine;
using namespace machine::models;
using fuzz::require;

namespace {

const catalogue& known() {
  static const auto all = built_in_catalogue();
  require(static_cast<bool>(all));
  return *all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::input from{data, size};
  auto parts = from.parts('\0', 2);
  std::string list{parts.front()};
  std::string file{parts.size() > 1 ? parts.back() : std::string_view{}};
  import_request asked;
  asked.source = "the list";
  asked.as_of = "2026-11-28";
  auto taken = import_litellm(list, known(), asked);
  if (!taken) {
    require(!message_of(taken.error()).empty());
    return 0;
  }
  for (auto& x : taken->models)
    require(x.price.has_value() && x.price->input >= 0 && x.price->output >= 0);
  auto alone = load_catalogue(known(), taken->toml, "imported.toml");
  require(static_cast<bool>(alone));
  for (auto& x : taken->models)
    require(alone->models.at(x.id) == x);
  auto merged = merge_models(known(), file, taken->models, "mine.toml");
  if (!merged)
    return 0;
  auto again = merge_models(known(), *merged, taken->models, "mine.toml");
  require(again && *again == *merged);
  return 0;
}
