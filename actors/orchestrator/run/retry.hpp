#pragma once

#include "actors/orchestrator/workflow/workflow.hpp"

#include <string_view>

namespace machine::orchestrator {

/// Whether *code* is that of *name*, or one of the class *name* (see
/// `retry_policy::on`).
bool is_of_class(std::string_view code, std::string_view name);

/// How long to wait before attempt *attempt* + 1 of a step, if it is to be
/// tried again at all.
/// @param code The name of the error of attempt *attempt*, counted from 1.
/// @param random 64 random bits, for the jitter.
std::optional<duration> next_retry(const retry_policy& policy, uint32_t attempt,
                                   std::string_view code, uint64_t random);

/// Whether an error with the name *code* may pass by itself.
bool is_transient(std::string_view code);

} // namespace machine::orchestrator
