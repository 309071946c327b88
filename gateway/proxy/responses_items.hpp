#pragma once

#include "gateway/proxy/draft.hpp"
#include "gateway/proxy/thoughts.hpp"

#include <string_view>
#include <unordered_set>

namespace machine::gateway::proxy {

/// Reads the items of a response's `input`. What an assistant said, thought and
/// called without somebody else in between is one message.
class response_item_reader {
public:
  explicit response_item_reader(request_draft& draft) : draft_(draft) {}

  caf::error read(const value& item);

  /// No item comes any more.
  void finish();

private:
  caf::error message(const value& x);
  caf::error said(const value& x, const value& inside);
  caf::error content(const value& x, models::chat_message& to);
  caf::error part(const value& x, models::chat_message& to,
                  content_builder& builder);
  caf::error text(const value& x, std::string_view member, content_builder& to);
  caf::error image(const value& x, content_builder& to);
  caf::error sound(const value& x, content_builder& to);
  caf::error call(const value& x);
  caf::error output(const value& x);
  caf::error thought(const value& x);

  /// The assistant's message that is being read.
  caf::expected<models::chat_message*> assistant(const value& at);

  request_draft& draft_;
  /// Whether the last message is an assistant's that may go on.
  bool goes_on_ = false;
  /// What that message is made of, for the provider of its thoughts.
  answer_parts parts_;
  /// The ids of the calls so far.
  std::unordered_set<std::string> calls_;
};

} // namespace machine::gateway::proxy
