#include "actors/orchestrator/workflow/jq_tokens.hpp"

#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace machine::orchestrator {

namespace {

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

class scanner {
public:
  explicit scanner(std::string_view program) : rest_(program) {}

  std::vector<jq_token> run() {
    while (!rest_.empty())
      if (in_string())
        skip_text();
      else
        step();
    return std::move(tokens_);
  }

private:
  /// One character of a string, or the beginning of what is interpolated.
  void skip_text() {
    auto c = rest_.front();
    if (c == '\\' && rest_.size() > 1) {
      if (rest_[1] == '(') {
        open_.push_back('(');
        tokens_.push_back({jq_token::kind::other, "\\("});
      }
      rest_.remove_prefix(2);
      return;
    }
    if (c == '"') {
      open_.pop_back();
      tokens_.push_back({jq_token::kind::other, "\""});
    }
    rest_.remove_prefix(1);
  }

  void step() {
    auto c = rest_.front();
    if (is_space(c)) {
      rest_.remove_prefix(1);
    } else if (c == '"') {
      string();
    } else if (c == '#') {
      rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
    } else if (c == '.' && rest_.size() > 1 && is_word(rest_[1])
               && !is_digit(rest_[1])) {
      rest_.remove_prefix(1);
      tokens_.push_back({jq_token::kind::field, take_word()});
    } else if (is_word(c) || c == '$') {
      tokens_.push_back({jq_token::kind::word, take_word()});
    } else if (c == '@' && rest_.size() > 1) {
      rest_.remove_prefix(1);
      take_word();
      tokens_.push_back({jq_token::kind::other, "@"});
    } else {
      if (c == '(')
        open_.push_back('(');
      else if (c == ')' && !open_.empty())
        open_.pop_back();
      tokens_.push_back({jq_token::kind::other, std::string{c}});
      rest_.remove_prefix(1);
    }
  }

  bool in_string() const {
    return !open_.empty() && open_.back() == '"';
  }

  void string() {
    if (auto size = plain_size()) {
      // What jq can spell and JSON cannot is no text that anybody means.
      auto value =
        wire::from_json<std::string>(std::string{rest_.substr(0, *size)});
      tokens_.push_back(
        {jq_token::kind::text, value ? std::move(*value) : std::string{}});
      rest_.remove_prefix(*size);
      return;
    }
    open_.push_back('"');
    tokens_.push_back({jq_token::kind::other, "\""});
    rest_.remove_prefix(1);
  }

  /// The size of a string with nothing interpolated in it.
  std::optional<size_t> plain_size() const {
    for (size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"')
        return i + 1;
      if (rest_[i] == '\\' && (++i == rest_.size() || rest_[i] == '('))
        break;
    }
    return std::nullopt;
  }

  std::string take_word() {
    size_t size = rest_.front() == '$' ? 1 : 0;
    while (size < rest_.size() && is_word(rest_[size]))
      ++size;
    std::string word{rest_.substr(0, size)};
    rest_.remove_prefix(std::max<size_t>(size, 1));
    return word;
  }

  std::string_view rest_;
  /// The brackets and strings that are open.
  std::string open_;
  std::vector<jq_token> tokens_;
};

} // namespace

std::vector<jq_token> scan_jq(std::string_view program) {
  return scanner{program}.run();
}

} // namespace machine::orchestrator
