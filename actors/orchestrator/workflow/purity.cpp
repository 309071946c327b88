#include "actors/orchestrator/workflow/purity.hpp"

#include "actors/orchestrator/workflow/jq_tokens.hpp"

#include <algorithm>
#include <array>

namespace machine::orchestrator {

namespace {

constexpr std::array<std::string_view, 19> impure{
  "input",
  "inputs",
  "debug",
  "stderr",
  "env",
  "now",
  "halt",
  "halt_error",
  "input_filename",
  "get_search_list",
  "input_line_number",
  "import",
  "include",
  "localtime",
  "strflocaltime",
  "$ENV",
  "$__prog_args",
  "modulemeta",
  "input_string",
};

} // namespace

std::optional<std::string> find_impurity(std::string_view program) {
  auto tokens = scan_jq(program);
  // The brackets that are open.
  std::string open;
  for (size_t i = 0; i < tokens.size(); ++i) {
    auto& x = tokens[i];
    if (x.opens())
      open += x.text.back();
    else if (x.is_one_of(")]}") && !open.empty())
      open.pop_back();
    if (x.what != jq_token::kind::word
        || std::find(impure.begin(), impure.end(), x.text) == impure.end())
      continue;
    // `{now: 1}` and `{now}` name a key.
    auto is_key = open.ends_with('{') && tokens[i - 1].is_one_of("{,")
               && i + 1 < tokens.size() && tokens[i + 1].is_one_of(":,}");
    if (!is_key)
      return x.text;
  }
  return std::nullopt;
}

} // namespace machine::orchestrator
