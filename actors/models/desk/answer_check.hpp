#pragma once

#include "actors/models/chat.hpp"
#include "runtime/error.hpp"
#include "runtime/fair_queue.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace machine::models {

struct desk_state;

/// Bounds on what is held against a schema; what is longer is taken as it is.
constexpr size_t max_checked_answer = 1u << 20;
constexpr size_t max_checked_schema = 256u << 10;

/// Whether the text *answer* satisfies the schema of *asked*. None: nobody can
/// say, as there is no schema, it is none that we know, or it takes too much
/// work.
std::optional<bool> has_form(const chat_request& asked,
                             const std::string& answer);

/// Whether *answer* can be held against the schema of *asked*: it is neither a
/// refusal nor calls of tools.
bool may_be_checked(const chat_request& asked, const chat_response& answer);

/// Finds out by `has_form` where that keeps no other tenant waiting; *then* is
/// called by the desk's actor, also at once.
/// @param whose The tenant, and a name of the call.
void check_form(desk_state& at, const queue_owner& whose,
                std::shared_ptr<const chat_request> asked, std::string answer,
                std::function<void(std::optional<bool>)> then);

} // namespace machine::models
