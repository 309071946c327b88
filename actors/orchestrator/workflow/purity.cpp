#include "actors/orchestrator/workflow/purity.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace machine::orchestrator {

namespace {

constexpr std::array<std::string_view, 19> impure{
  "input",
  "inputs",
  "debug",
  "stderr",
  "env",
  "now",
  "halt",
  "halt_error",
  "input_filename",
  "get_search_list",
  "input_line_number",
  "import",
  "include",
  "localtime",
  "strflocaltime",
  "$ENV",
  "$__prog_args",
  "modulemeta",
  "input_string",
};

struct token {
  enum class kind : uint8_t { word, field, other };
  kind what = kind::other;
  std::string text;
};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Cuts a jq program into words, fields (`.name`, `."name"`) and all else.
/// Text in strings is left out, what is interpolated in it is not.
class scanner {
public:
  explicit scanner(std::string_view program) : rest_(program) {}

  std::vector<token> run() {
    while (!rest_.empty())
      step();
    return std::move(tokens_);
  }

private:
  void step() {
    auto c = rest_.front();
    if (in_string()) {
      if (c == '\\' && rest_.size() > 1) {
        if (rest_[1] == '(')
          open_.push_back('(');
        rest_.remove_prefix(2);
        return;
      }
      if (c == '"')
        open_.pop_back();
      rest_.remove_prefix(1);
      return;
    }
    if (c == '"') {
      open_.push_back('"');
      tokens_.push_back({token::kind::other, "\""});
      rest_.remove_prefix(1);
    } else if (c == '(') {
      open_.push_back('(');
      other();
    } else if (c == ')') {
      if (!open_.empty())
        open_.pop_back();
      other();
    } else if (c == '#') {
      rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
    } else if (c == '.' && rest_.size() > 1 && is_word(rest_[1])
               && std::isdigit(static_cast<unsigned char>(rest_[1])) == 0) {
      rest_.remove_prefix(1);
      tokens_.push_back({token::kind::field, take_word()});
    } else if (c == '.' && rest_.starts_with(".\"")) {
      quoted_field();
    } else if (is_word(c) || c == '$') {
      tokens_.push_back({token::kind::word, take_word()});
    } else if (c == '@' && rest_.size() > 1) {
      rest_.remove_prefix(1);
      take_word();
      tokens_.push_back({token::kind::other, "@"});
    } else {
      other();
    }
  }

  bool in_string() const {
    return !open_.empty() && open_.back() == '"';
  }

  void other() {
    auto c = rest_.front();
    if (std::isspace(static_cast<unsigned char>(c)) == 0)
      tokens_.push_back({token::kind::other, std::string{c}});
    else
      tokens_.push_back({token::kind::other, " "});
    rest_.remove_prefix(1);
  }

  void quoted_field() {
    auto end = rest_.find('"', 2);
    auto text = rest_.substr(2, end == rest_.npos ? end : end - 2);
    if (end == rest_.npos || text.find('\\') != text.npos) {
      other();
      return;
    }
    tokens_.push_back({token::kind::field, std::string{text}});
    rest_.remove_prefix(end + 1);
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
  std::string open_;
  std::vector<token> tokens_;
};

/// Words after which an expression begins that sees what the whole one sees.
constexpr std::array<std::string_view, 9> openers{
  "if", "then", "elif", "else", "and", "or", "reduce", "foreach", "try"};

bool is_opener(const token& x) {
  return x.what == token::kind::word
      && std::find(openers.begin(), openers.end(), x.text) != openers.end();
}

bool is_space(const token& x) {
  return x.what == token::kind::other && x.text == " ";
}

/// Whether *x* is other text of one character, among *these*.
bool is_one_of(const token& x, std::string_view these) {
  return x.what == token::kind::other && x.text.size() == 1
      && these.find(x.text[0]) != these.npos;
}

std::vector<token> scan(std::string_view program) {
  auto tokens = scanner{program}.run();
  std::erase_if(tokens, is_space);
  return tokens;
}

/// Follows the brackets around a token.
class brackets {
public:
  void pass(const std::vector<token>& tokens, size_t i) {
    auto& x = tokens[i];
    if (is_one_of(x, "([{")) {
      // What a function is given, and the body of a reduction, may see
      // something else.
      auto other = x.text == "(" && i > 0 && !is_opener(tokens[i - 1])
                && (tokens[i - 1].what == token::kind::word
                    || is_one_of(tokens[i - 1], ")]}"));
      open_.push_back({x.text[0], other});
      others_ += other ? 1 : 0;
    } else if (is_one_of(x, ")]}") && !open_.empty()
               && closes(open_.back().first, x.text[0])) {
      others_ -= open_.back().second ? 1 : 0;
      open_.pop_back();
    }
  }

  bool in_object() const {
    return !open_.empty() && open_.back().first == '{';
  }

  bool in_arguments() const {
    return others_ > 0;
  }

private:
  static bool closes(char open, char close) {
    return (open == '(' && close == ')') || (open == '[' && close == ']')
        || (open == '{' && close == '}');
  }

  std::vector<std::pair<char, bool>> open_;
  size_t others_ = 0;
};

} // namespace

std::optional<std::string> find_impurity(std::string_view program) {
  auto tokens = scan(program);
  brackets around;
  for (size_t i = 0; i < tokens.size(); ++i) {
    auto& x = tokens[i];
    around.pass(tokens, i);
    if (x.what != token::kind::word
        || std::find(impure.begin(), impure.end(), x.text) == impure.end())
      continue;
    // `{now: 1}` and `{now}` name a key.
    auto is_key = around.in_object() && is_one_of(tokens[i - 1], "{,")
               && i + 1 < tokens.size() && is_one_of(tokens[i + 1], ":,}");
    if (!is_key)
      return x.text;
  }
  return std::nullopt;
}

std::vector<std::vector<std::string>> literal_paths(std::string_view program) {
  std::vector<std::vector<std::string>> result;
  auto tokens = scan(program);
  brackets around;
  for (size_t i = 0; i < tokens.size(); ++i) {
    auto& x = tokens[i];
    around.pass(tokens, i);
    // After a pipe the root is another one, and so it is in a function.
    if (is_one_of(x, "|") || (x.what == token::kind::word && x.text == "def"))
      break;
    if (x.what != token::kind::field)
      continue;
    // A path that goes on from something else does not begin at the root.
    auto from_root = !around.in_arguments()
                  && (i == 0 || is_opener(tokens[i - 1])
                      || (tokens[i - 1].what == token::kind::other
                          && !is_one_of(tokens[i - 1], ")]}?\".")));
    std::vector<std::string> path;
    while (i < tokens.size() && tokens[i].what == token::kind::field)
      path.push_back(tokens[i++].text);
    --i;
    if (from_root)
      result.push_back(std::move(path));
  }
  return result;
}

} // namespace machine::orchestrator
