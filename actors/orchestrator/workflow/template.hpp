#pragma once

#include "actors/orchestrator/workflow/jq.hpp"
#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace machine::orchestrator {

/// The expressions in *text*, in their order. Fails with `invalid_argument` if
/// one is not closed. `$${{` stands for the characters `${{`.
caf::expected<std::vector<std::string>> expressions_of(std::string_view text);

/// *text* with its expressions replaced by what they yield in *scope*; the
/// value itself if it is one expression and nothing else.
caf::expected<json_text> render_template(std::string_view text,
                                         const jq_scope& scope, jq_budget& jq);

/// The same within the bounds of one expression.
caf::expected<json_text> render_template(std::string_view text,
                                         const jq_scope& scope);

} // namespace machine::orchestrator
