#pragma once

#include "gateway/proxy/draft.hpp"

namespace machine::gateway::proxy {

/// Reads the messages of a chat completion.
class chat_message_reader {
public:
  explicit chat_message_reader(request_draft& draft) : draft_(draft) {}

  caf::error read(const value& message);

private:
  caf::error nothing(const value& x);
  caf::error content(const value& x);
  caf::error name(const value& x);
  caf::error refusal(const value& x);
  caf::error audio(const value& x);
  caf::error calls(const value& x);
  caf::error legacy_call(const value& x);
  caf::error answers(const value& x);
  caf::error mark(const value& x);

  caf::error part(const value& x, content_builder& to);
  caf::error attached(const value& x, std::string_view type,
                      content_builder& to);
  caf::error call(const value& x);
  caf::error add_call(const value& function, std::string id);
  caf::error complete(const value& message);

  request_draft& draft_;
  /// What is read now.
  models::chat_message* to_ = nullptr;
  std::string role_;
  std::optional<std::string> name_;
  bool marked_ = false;
  std::string mark_for_;
  /// The functions and ids of calls that came as `function_call`.
  std::vector<std::pair<std::string, std::string>> legacy_;
};

} // namespace machine::gateway::proxy
