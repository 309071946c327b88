#pragma once

#include "gateway/proxy/draft.hpp"
#include "gateway/proxy/thoughts.hpp"

namespace machine::gateway::proxy {

/// Names of tools have at most 128 characters.
constexpr size_t max_anthropic_name = 128;

/// Bound on the blocks of a message, a result or a document.
constexpr size_t max_blocks = 10'000;

/// Reads the messages of `/v1/messages`, which are made of blocks. Results of
/// tools become messages of their own.
class message_block_reader {
public:
  explicit message_block_reader(request_draft& draft) : draft_(draft) {}

  /// One of `messages`.
  caf::error read(const value& message);

  /// `system`.
  caf::error read_system(const value& x);

  /// The provider may keep the tools: they stand before the first word of the
  /// system's message, of which there is one then.
  void mark_begin(std::string_view how_long);

  /// The provider may keep everything until the end of the last message.
  void mark_end(std::string_view how_long);

private:
  caf::error read_content(const value& x, models::chat_role role);
  caf::error block(const value& x, models::chat_role role);
  caf::error result(const value& x);
  caf::error call(const value& x);
  caf::error thought(const value& x, std::string_view type);

  /// A block of text, or something that stands in one.
  caf::error show(const value& x, std::string_view type,
                  content_builder& builder);
  caf::error image(const value& x, content_builder& to);
  caf::error document(const value& x, content_builder& to);
  caf::error content_source(const value& source, std::string_view attributes,
                            content_builder& to);
  caf::error search_result(const value& x, content_builder& to);

  /// Adds the text at `text` of *x*.
  caf::error text(const value& x, content_builder& to);

  /// Marks the place after *x*, if it says so.
  caf::error mark_after_block(const value& x, content_builder& to);

  /// Keeps that mark for whoever wants the blocks back.
  void mark_last_part(const value& x);

  /// The message that blocks go to.
  caf::error open(const value& at, models::chat_role role);

  request_draft& draft_;
  /// The place of that message, and how its content is put together.
  std::optional<size_t> at_;
  std::optional<content_builder> builder_;
  /// Of an assistant's message: what it is made of.
  answer_parts parts_;
};

} // namespace machine::gateway::proxy
