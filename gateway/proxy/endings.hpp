#pragma once

#include "actors/models/chat.hpp"
#include "gateway/proxy/front.hpp"
#include "gateway/proxy/json_out.hpp"

#include <string_view>

/// Why an answer ends and what it took, in each dialect.
namespace machine::gateway::proxy {

/// `finish_reason` of a chat completion.
std::string_view chat_finish(models::stop_reason why, bool legacy_calls);

/// `stop_reason` of a message of Anthropic.
std::string_view messages_stop(models::stop_reason why);

/// `incomplete_details.reason` of a response; empty if it is complete.
std::string_view incomplete_reason(models::stop_reason why);

/// An object. OpenAI's prompts have in them what was read from or written to a
/// cache, and answers the thoughts.
void write_chat_usage(json_out& out, const models::token_usage& x);

/// The same as `/v1/responses` spells it.
void write_response_usage(json_out& out, const models::token_usage& x);

/// Members without braces: Anthropic's input has none of what a cache has to
/// do with.
void write_messages_usage(json_out& out, const models::token_usage& x);

/// What a client is told when another model takes over: an object.
void write_takeover(json_out& out, const answer_facts& to, bool restarts);

} // namespace machine::gateway::proxy
