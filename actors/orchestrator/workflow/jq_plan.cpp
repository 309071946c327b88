#include "actors/orchestrator/workflow/jq_plan.hpp"

#include "actors/orchestrator/workflow/jq_tokens.hpp"

#include <algorithm>
#include <array>

namespace machine::orchestrator {

namespace {

using tokens = std::vector<jq_token>;

/// More would need a closer look at what they do together.
constexpr size_t max_tame_bytes = 1'024;
constexpr size_t max_tame_tokens = 64;
constexpr size_t max_tame_pipes = 4;

/// Of a number: a text that is multiplied with it is repeated so often.
constexpr int max_factor = 100;

/// Words that begin or join expressions, and values.
constexpr std::array<std::string_view, 10> plain_words{
  "and", "or", "true", "false", "null", "if", "then", "elif", "else", "end"};

/// Those of them after which an expression begins.
constexpr std::array<std::string_view, 6> joints{"and",  "or",   "if",
                                                 "then", "elif", "else"};

/// Functions without arguments that give one value, at most some times as large
/// as theirs, in a time that its square bounds.
constexpr std::array<std::string_view, 19> plain_functions{
  "not",           "length", "utf8bytelength",
  "type",          "keys",   "tostring",
  "tojson",        "add",    "any",
  "all",           "min",    "max",
  "sort",          "unique", "reverse",
  "floor",         "first",  "last",
  "ascii_downcase"};

template <size_t Size>
bool is_among(const std::array<std::string_view, Size>& these,
              std::string_view x) {
  return std::find(these.begin(), these.end(), x) != these.end();
}

bool is_digits(std::string_view x) {
  return !x.empty() && std::all_of(x.begin(), x.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
}

/// Looks at each token and those beside it.
class judge {
public:
  explicit judge(const tokens& all) : all_(all) {}

  bool is_tame() {
    if (all_.empty() || all_.size() > max_tame_tokens)
      return false;
    for (at_ = 0; at_ < all_.size(); ++at_)
      if (!take())
        return false;
    // A text that was repeated has very many parts.
    auto parts = factors_ > 0 && divides_ && pipes_ > 0;
    return open_.empty() && !parts;
  }

private:
  const jq_token* beside(ptrdiff_t where) const {
    auto i = static_cast<ptrdiff_t>(at_) + where;
    return i >= 0 && i < static_cast<ptrdiff_t>(all_.size())
           ? &all_[static_cast<size_t>(i)]
           : nullptr;
  }

  bool is_beside(ptrdiff_t where, std::string_view these) const {
    auto* x = beside(where);
    return x != nullptr && x->is_one_of(these);
  }

  bool is_text_beside(ptrdiff_t where) const {
    auto* x = beside(where);
    return x != nullptr && x->what == jq_token::kind::text;
  }

  /// A number of few digits.
  bool is_small_beside(ptrdiff_t where) const {
    auto* x = beside(where);
    return x != nullptr && x->what == jq_token::kind::word && is_digits(x->text)
        && x->text.size() <= 3;
  }

  bool is_number_beside(ptrdiff_t where) const {
    auto* x = beside(where);
    return x != nullptr && x->what == jq_token::kind::word
        && is_number(x->text);
  }

  /// A number times a path or a number: only once, because what is repeated
  /// again and again has no bound.
  bool take_factor() {
    auto may_be = [this](ptrdiff_t number, ptrdiff_t other) {
      auto* x = beside(other);
      return is_small_beside(number)
          && std::stoi(beside(number)->text) <= max_factor && x != nullptr
          && (x->what == jq_token::kind::field || is_number_beside(other));
    };
    return ++factors_ == 1 && (may_be(1, -1) || may_be(-1, 1));
  }

  /// Whether a value may end before this token, so that brackets go into it.
  bool follows_value() const {
    auto* x = beside(-1);
    if (x == nullptr)
      return false;
    if (x->what == jq_token::kind::word)
      return !is_among(joints, x->text);
    return x->what != jq_token::kind::other || x->is_one_of(")]}?.");
  }

  bool take() {
    auto& x = all_[at_];
    switch (x.what) {
      case jq_token::kind::field:
      case jq_token::kind::text: return true;
      case jq_token::kind::word: return take_word(x.text);
      case jq_token::kind::other: return x.text.size() == 1 && take_sign(x);
    }
    return false;
  }

  bool take_word(const std::string& text) {
    // Keys of an object.
    if (!open_.empty() && open_.back() == '{' && is_beside(-1, "{,")
        && is_beside(1, ":"))
      return text.front() != '$' && text.front() != '@';
    return is_number(text)
        || is_among(plain_words, text)
        // Elsewhere it would be a function of the whole input.
        || (is_among(plain_functions, text) && is_beside(-1, "|")
            && !is_beside(1, "("));
  }

  /// Only spelled out: what is computed from an exponent may be anything.
  static bool is_number(const std::string& text) {
    return text.size() <= 15
        && std::all_of(
             text.begin(), text.end(),
             [](char c) { return (c >= '0' && c <= '9') || c == '.'; })
        && is_digits(text.substr(0, 1));
  }

  bool take_sign(const jq_token& x) {
    auto sign = x.text[0];
    // Comparisons, and what catches.
    if (sign == '<' || sign == '>' || sign == '?')
      return true;
    auto inside = [this](std::string_view brackets) {
      return !open_.empty() && brackets.find(open_.back()) != brackets.npos;
    };
    switch (sign) {
      case '(':
      case '{': open_ += sign; return true;
      case '[': return open_bracket();
      case ')':
      case ']':
      case '}': return close(sign);
      // As a generator only in a list, where each value is taken once.
      case ',': return inside("{[");
      case ':': return inside("{");
      case '|': return ++pipes_ <= max_tame_pipes && is_filter_next();
      case '.': return is_beside(1, "[") || is_text_beside(1);
      case '*': return take_factor();
      // Of lists, each part is compared with each: what a number is taken from,
      // or from what, is no list.
      case '-':
        return !is_beside(1, "=")
            && (!follows_value() || is_number_beside(-1)
                || is_number_beside(1));
      case '/': divides_ = true; return !is_beside(1, "=");
      case '+': return !is_beside(1, "=");
      // A single one assigns.
      case '=': return is_beside(-1, "=!<>") || is_beside(1, "=");
      case '!': return is_beside(1, "=");
      default: return false;
    }
  }

  /// A list, or a literal place in a value.
  bool open_bracket() {
    if (!follows_value()) {
      open_ += '[';
      return true;
    }
    auto literal = is_text_beside(1) || is_small_beside(1);
    if (!literal || !is_beside(2, "]"))
      return false;
    at_ += 2;
    return true;
  }

  bool close(char bracket) {
    auto opener = bracket == ')' ? '(' : bracket == ']' ? '[' : '{';
    if (open_.empty() || open_.back() != opener)
      return false;
    open_.pop_back();
    return true;
  }

  /// After a pipe comes a function or a path, which take their value once.
  bool is_filter_next() const {
    auto* x = beside(1);
    if (x == nullptr)
      return false;
    return x->what == jq_token::kind::field
        || (x->what == jq_token::kind::word
            && is_among(plain_functions, x->text));
  }

  const tokens& all_;
  size_t at_ = 0;
  std::string open_;
  size_t pipes_ = 0;
  size_t factors_ = 0;
  bool divides_ = false;
};

/// The members that are named anywhere, also where something else than the
/// input has them.
jq_needs find_needs(const tokens& all) {
  jq_needs result;
  result.all = false;
  auto name_at = [&](size_t i) -> const std::string* {
    if (i >= all.size())
      return nullptr;
    if (all[i].what == jq_token::kind::field)
      return &all[i].text;
    // `."name"`, `.["name"]` and `["name"]`.
    auto skipped = i;
    while (skipped < all.size() && skipped < i + 2
           && all[skipped].is_one_of(".["))
      ++skipped;
    // An empty text may be one that is not understood.
    return skipped > i && skipped < all.size()
            && all[skipped].what == jq_token::kind::text
            && !all[skipped].text.empty()
           ? &all[skipped].text
           : nullptr;
  };
  auto need_all = [&](const std::string& root) { result.members[root] = {}; };
  for (size_t i = 0; i < all.size(); ++i) {
    auto& x = all[i];
    // `{vars}` is short for `{vars: .vars}`.
    if (x.what == jq_token::kind::text || x.what == jq_token::kind::word) {
      need_all(x.text);
      continue;
    }
    if (x.what != jq_token::kind::field)
      continue;
    auto there = result.members.find(x.text);
    auto known = there != result.members.end();
    auto* member = name_at(i + 1);
    if (member == nullptr)
      need_all(x.text);
    else if (!known)
      result.members[x.text] = {*member};
    else if (!there->second.empty())
      there->second.insert(*member);
  }
  return result;
}

std::optional<std::string> find_constant(const tokens& all) {
  if (all.size() != 1)
    return std::nullopt;
  auto& x = all.front();
  if (x.what == jq_token::kind::text) {
    auto plain =
      !x.text.empty() && std::all_of(x.text.begin(), x.text.end(), [](char c) {
        return c >= ' ' && c <= '~' && c != '"' && c != '\\';
      });
    return plain ? std::optional{'"' + x.text + '"'} : std::nullopt;
  }
  if (x.what != jq_token::kind::word)
    return std::nullopt;
  auto is_number = is_digits(x.text) && x.text.size() <= 15
                && (x.text.front() != '0' || x.text.size() == 1);
  if (is_number || x.text == "true" || x.text == "false" || x.text == "null")
    return x.text;
  return std::nullopt;
}

} // namespace

jq_plan plan_jq(std::string_view program) {
  auto all = scan_jq(program);
  jq_plan result;
  result.tame = program.size() <= max_tame_bytes && judge{all}.is_tame();
  result.constant = find_constant(all);
  if (result.tame)
    result.needs = find_needs(all);
  return result;
}

} // namespace machine::orchestrator
