#pragma once

#include "gateway/proxy/content.hpp"
#include "gateway/proxy/front.hpp"
#include "gateway/proxy/json_out.hpp"
#include "gateway/proxy/value.hpp"

#include <initializer_list>
#include <span>
#include <unordered_set>

namespace machine::gateway::proxy {

/// A request while it is read: what all dialects share.
class request_draft {
public:
  /// @param longest_name Of a tool, in bytes.
  explicit request_draft(size_t longest_name) : longest_name_(longest_name) {}

  /// What has been read so far.
  asked result;

  models::chat_request& request() {
    return result.request;
  }

  /// *x* is not heeded, and the client can see that.
  void ignore(const value& x);

  /// The same for all members of *x* but those that are *known*.
  void ignore_others(const value& x,
                     std::initializer_list<std::string_view> known);

  /// *json* is for providers of one protocol alone, as the member *name*.
  void pass_on(std::string_view name, std::string_view json);

  /// The answer has *json* again, as its member *name*.
  void repeat(std::string_view name, std::string_view json);

  /// A message to fill.
  caf::expected<models::chat_message*> add_message(const value& at,
                                                   models::chat_role role);

  /// A tool to fill, whose name *name* is.
  caf::expected<models::tool_definition*> add_tool(const value& name);

  /// A name such as tools have.
  caf::expected<std::string> tool_name(const value& name) const;

  /// Whichever tool, or none, as *mode* says.
  caf::error choose(const value& at, models::tool_mode mode);

  /// The tool *name*; `finish` finds out whether there is one.
  caf::error choose_named(const value& name);

  /// No other tools than those that are called so may be called.
  caf::error allow_only(const value& at, std::unordered_set<std::string> names);

  /// The end of the request.
  /// @param messages_in The member that holds the messages.
  /// @param protocol Of what was passed on.
  caf::expected<asked> finish(std::string_view messages_in,
                              std::string_view protocol);

private:
  caf::error apply_choice();

  size_t longest_name_;
  json_out vendor_;
  json_out repeats_;
  std::unordered_set<std::string> tool_names_;
  std::optional<std::unordered_set<std::string>> allowed_;
  /// Where the choice of a tool stands.
  std::string choice_at_;
};

/// A member of an object, and what reads it.
template <class Reader>
struct known_member {
  std::string_view name;
  caf::error (Reader::*read)(const value&);
};

/// Has *by* read the members of *from* that are *known*; others are ignored.
template <class Reader>
caf::error read_members(Reader& by, std::span<const known_member<Reader>> known,
                        const value& from, request_draft& draft) {
  return from.each_member([&](const value& x) -> caf::error {
    for (auto& one : known)
      if (one.name == x.key())
        return (by.*one.read)(x);
    draft.ignore(x);
    return caf::none;
  });
}

/// Bound on what names things for others, such as ids, in bytes.
constexpr size_t max_name = 512;

/// Reads the body of a request within bounds; it has to be an object.
caf::expected<wire::document> parse_body(std::string_view body);

/// How hard the model is to think: `none` to `max`.
caf::expected<std::string_view> read_effort(const value& at);

/// The arguments of a call as JSON; see `models::arguments_of`.
json_text read_arguments(std::string_view text);

/// A schema, or the one of an object of any kind if *at* has none.
caf::expected<json_text> read_parameters(const std::optional<value>& at);

/// A text, or a list of texts, of at most *most* bytes each.
caf::expected<std::vector<std::string>> read_texts(const value& at,
                                                   size_t most);

} // namespace machine::gateway::proxy
