#pragma once

#include "gateway/proxy/front.hpp"
#include "gateway/proxy/json_out.hpp"
#include "gateway/proxy/thoughts.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a response of `/v1/responses` is made of.
namespace machine::gateway::proxy {

/// How far a response, or a part of it, has come.
enum class response_status : uint8_t {
  in_progress,
  completed,
  incomplete,
  failed,
};

/// As the dialect spells it.
std::string_view name_of(response_status x);

/// An item of a response's output, in any state.
struct output_item {
  enum class kind_type : uint8_t { message, call, thought };

  kind_type kind = kind_type::message;
  response_status status = response_status::in_progress;
  std::string id;
  /// Text, arguments or thought, as it stands within the quotes of JSON: what
  /// streams is escaped once, and written several times.
  std::string said{};
  /// Of a thought: its `encrypted_content`; empty if it has none.
  std::string seal{};
  /// Of a call.
  std::string call_id{};
  std::string name{};
};

/// An item without its id; *x* is a part of an answer.
output_item item_of(const answer_part& x);

/// The id of the item at *index* in the output of the response *id*, which is
/// escaped.
std::string item_id(output_item::kind_type kind, std::string_view id,
                    size_t index);

void write_item(json_out& out, const output_item& x);

/// The part of a message that its text is.
void write_text_part(json_out& out, std::string_view said);

/// The part of a thought's summary that is all of it.
void write_summary_part(json_out& out, std::string_view said);

/// A response, in any state.
struct response_state {
  answer_facts facts;
  /// The members of its request that it has again, without braces.
  std::string repeats;
  response_status status = response_status::in_progress;
  std::vector<output_item> output{};
  /// Why it is incomplete.
  std::string_view reason{};
  /// An object; empty: none.
  std::string error{};
  std::optional<models::token_usage> usage{};
};

/// The members of a response that repeat its request, without braces. *repeats*
/// is what the reader of the request has made; without any member it stands for
/// a request that says nothing.
std::string repeated_members(std::string_view repeats);

/// Each member that a response repeats, and what it has for a request that does
/// not have it: JSON.
struct repeated_member {
  std::string_view name;
  std::string_view otherwise;
};

const std::vector<repeated_member>& all_repeated_members();

/// A JSON document.
void write_response(json_out& out, const response_state& x);

} // namespace machine::gateway::proxy
