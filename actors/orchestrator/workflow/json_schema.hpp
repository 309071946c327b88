#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"

namespace machine::orchestrator {

/// Whether *schema* is a JSON Schema (draft 7) that we can use. Refused are
/// references to other documents, those that come back to where they began
/// without going into properties or items, and patterns of more than 256 bytes
/// or that RE2 does not know.
caf::expected<void> check_schema(const json_text& schema);

/// Whether *value* satisfies *schema*; the error has the place in the value as
/// a JSON pointer and what is expected there. `limit_exceeded` if the two
/// together take too much work.
caf::expected<void> validate(const json_text& schema, const json_text& value);

/// Whether each `default` of the schema's properties satisfies the schema that
/// it stands in.
caf::expected<void> check_defaults(const json_text& schema);

/// *value* with the `default`s of the schema's properties where it has none.
caf::expected<json_text> apply_defaults(const json_text& schema,
                                        const json_text& value);

} // namespace machine::orchestrator
