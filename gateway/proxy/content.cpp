#include "gateway/proxy/content.hpp"

namespace machine::gateway::proxy {

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

} // namespace

void content_builder::add_text(std::string_view text) {
  auto& all = to_.content;
  auto needs_break = after_text_ && !all.empty() && !text.empty()
                  && !is_space(all.back()) && !is_space(text.front());
  if (needs_break)
    all += '\n';
  all += text;
  after_text_ = true;
}

void content_builder::add(models::attachment what) {
  what.at = to_.content.size();
  to_.attachments.push_back(std::move(what));
  after_text_ = false;
}

void content_builder::mark(std::string_view how_long) {
  add({.kind = models::attachment_kind::cache_point,
       .detail = std::string{how_long}});
}

std::string attribute(std::string_view name, std::string_view value) {
  if (value.empty())
    return {};
  std::string clean{value};
  for (auto& c : clean)
    if (c == '"' || c == '<' || c == '>' || c == '\n')
      c = ' ';
  return " " + std::string{name} + "=\"" + clean + "\"";
}

std::string enclosed(std::string_view tag, std::string_view attributes,
                     std::string_view text) {
  auto name = std::string{tag};
  return "<" + name + std::string{attributes} + ">\n" + std::string{text}
       + "\n</" + name + ">";
}

} // namespace machine::gateway::proxy
