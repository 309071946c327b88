#pragma once

#include "gateway/proxy/thoughts.hpp"

/// Thoughts of models whose provider speaks this dialect, too: items of type
/// `reasoning`, whose `encrypted_content` is for nobody but that provider.
namespace machine::gateway::proxy {

/// `parts_of`, which also finds what a provider of this dialect has kept.
answer_parts response_parts_of(const models::chat_response& answer,
                               const answer_facts& facts);

/// `kept_for_provider`, which also keeps what a provider of this dialect wants
/// back: `{"protocol":"openai_responses","model":M,"items":[...]}`.
std::optional<json_text> kept_for_any_provider(const answer_parts& parts);

} // namespace machine::gateway::proxy
