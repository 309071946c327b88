#pragma once

#include "actors/models/message.hpp"

#include <string_view>

namespace machine::gateway::proxy {

/// Puts the parts of a message together: a text, and what stands in it.
class content_builder {
public:
  explicit content_builder(models::chat_message& to) : to_(to) {}

  /// Texts that stand side by side are paragraphs to whoever wrote them: one
  /// that neither ends nor begins with white space gets a line of its own.
  void add_text(std::string_view text);

  /// *what* stands here.
  void add(models::attachment what);

  /// The provider may keep what stands before this, for *how_long*.
  void mark(std::string_view how_long);

private:
  models::chat_message& to_;
  /// The last part was a text.
  bool after_text_ = false;
};

/// Within XML-like tags, as models are used to: a text that is a part of a
/// message and has a name of its own.
std::string enclosed(std::string_view tag, std::string_view attributes,
                     std::string_view text);

/// ` name="value"`; empty without a value.
std::string attribute(std::string_view name, std::string_view value);

} // namespace machine::gateway::proxy
