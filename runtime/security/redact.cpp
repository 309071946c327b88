#include "runtime/security/redact.hpp"

#include "runtime/security/token_shape.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace machine::security {

namespace {

constexpr std::string_view redacted_mark = "…redacted";

bool is_upper_or_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_label_char(char c) {
  return is_upper_or_digit(c) || c == ' ';
}

bool is_ascii_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// Characters of any secret: `token68` of RFC 9110, section 11.2.
bool is_secret_char(char c) {
  return is_token_char(c) || c == '.' || c == '~' || c == '+' || c == '/'
      || c == '=';
}

/// A key that is a marker and a tail. Tails may be shorter than issuers make
/// them, so that one that was cut off is found, but never so short that the
/// mark would be longer.
struct key_shape {
  std::string_view marker;
  size_t min_tail;
  bool (*is_tail)(char);
};

constexpr auto key_shapes = std::to_array<key_shape>({
  {"sk-ant-", 12, is_token_char},
  {"sk-", 16, is_token_char},
  {"AIza", 30, is_token_char},
  {"AKIA", 16, is_upper_or_digit},
  {"ghp_", 20, is_token_char},
  {"gho_", 20, is_token_char},
  {"ghu_", 20, is_token_char},
  {"ghs_", 20, is_token_char},
  {"ghr_", 20, is_token_char},
  {"github_pat_", 20, is_token_char},
  {"xoxb-", 11, is_token_char},
  {"xoxa-", 11, is_token_char},
  {"xoxp-", 11, is_token_char},
  {"xoxr-", 11, is_token_char},
  {"xoxs-", 11, is_token_char},
});

static_assert(std::all_of(key_shapes.begin(), key_shapes.end(), [](auto& x) {
  return x.min_tail >= redacted_mark.size();
}));

/// What the markers of all shapes begin with.
constexpr std::string_view first_characters = "AbBegstx-";

constexpr std::string_view pem_begin = "-----BEGIN";
constexpr std::string_view pem_end = "-----END";
constexpr std::string_view pem_dashes = "-----";
constexpr std::string_view bearer_scheme = "bearer";

/// Where a secret was found.
struct sighting {
  /// Characters that stay.
  size_t shown;
  /// Where what goes begins, from the secret's beginning.
  size_t hidden;
};

/// Goes through a text once. A secret takes with it all that follows in
/// characters of secrets: one that begins behind its first character is gone,
/// too, and none is taken for the end of another.
class redaction {
public:
  explicit redaction(std::string_view text) : text_(text) {}

  std::string run() {
    std::string result;
    size_t done = 0;
    auto at = text_.find_first_of(first_characters);
    while (at != std::string_view::npos) {
      auto next = at + 1;
      if (auto seen = find(at)) {
        result += text_.substr(done, at + seen->shown - done);
        result += redacted_mark;
        done = next = end_of(at + seen->hidden);
      }
      at = text_.find_first_of(first_characters, next);
    }
    result += text_.substr(done);
    return result;
  }

private:
  /// The characters from *at* on for which *is_part* holds, at most *most*.
  template <class Predicate>
  size_t count(size_t at, size_t most, Predicate is_part) const {
    auto part = text_.substr(at, most);
    return static_cast<size_t>(
      std::find_if_not(part.begin(), part.end(), is_part) - part.begin());
  }

  std::optional<sighting> find(size_t at) {
    if (is_pem(at))
      return sighting{pem_begin.size(), 0};
    if (auto value = find_bearer(at))
      return sighting{*value, *value};
    if (auto head = find_token_head(text_.substr(at)))
      if (has_tail(at + head->length, redacted_mark.size(), is_token_char))
        return sighting{shown_of(*head), head->length};
    for (auto& shape : key_shapes)
      if (text_.substr(at).starts_with(shape.marker)
          && (!shape.marker.starts_with("sk-") || may_begin_word(at))
          && has_tail(at + shape.marker.size(), shape.min_tail, shape.is_tail))
        return sighting{shape.marker.size(), shape.marker.size()};
    return find_web_token(at);
  }

  /// A tenant may be named like a key of somebody else's, which must not be
  /// there to be found the next time.
  static size_t shown_of(const token_head& head) {
    auto is_in_name = [&](auto& shape) {
      return head.tenant.find(shape.marker) != std::string_view::npos;
    };
    if (std::any_of(key_shapes.begin(), key_shapes.end(), is_in_name))
      return (head.kind == token_kind::session ? session_marker : key_marker)
        .size();
    return head.length;
  }

  bool has_tail(size_t at, size_t least, bool (*is_tail)(char)) const {
    return count(at, least, is_tail) == least;
  }

  /// No letter stands in front of *at*, or one that is an escaped character.
  bool may_begin_word(size_t at) const {
    if (at == 0 || !is_ascii_letter(text_[at - 1]))
      return true;
    constexpr std::string_view escapes = "nrtbf";
    return at > 1 && text_[at - 2] == '\\'
        && escapes.find(text_[at - 1]) != std::string_view::npos;
  }

  /// `-----BEGIN RSA PRIVATE KEY-----` and the like (RFC 7468, section 10).
  bool is_pem(size_t at) const {
    if (!text_.substr(at).starts_with(pem_begin))
      return false;
    auto begin = at + pem_begin.size();
    auto label = text_.substr(begin, count(begin, max_label, is_label_char));
    return label.find(" PRIVATE KEY") != std::string_view::npos
        && text_.substr(begin + label.size()).starts_with(pem_dashes);
  }

  size_t end_of_pem(size_t at) const {
    at = text_.find(pem_end, at);
    if (at == std::string_view::npos)
      return text_.size();
    at += pem_end.size();
    // The dashes behind it may be those of another key.
    auto label = count(at, max_label, is_label_char);
    return text_.substr(at + label).starts_with(pem_dashes) ? at + label : at;
  }

  /// Where the value of `Bearer` begins, from *at*, if it is one.
  std::optional<size_t> find_bearer(size_t at) const {
    auto same = [](char x, char y) {
      return x == y || (x >= 'A' && x <= 'Z' && x - 'A' + 'a' == y);
    };
    auto scheme = text_.substr(at, bearer_scheme.size());
    if (!std::equal(scheme.begin(), scheme.end(), bearer_scheme.begin(),
                    bearer_scheme.end(), same))
      return std::nullopt;
    // No header has more spaces.
    auto spaces = count(at + bearer_scheme.size(), 8,
                        [](char c) { return c == ' ' || c == '\t'; });
    auto begin = bearer_scheme.size() + spaces;
    auto size = count(at + begin, longest_word, is_secret_char);
    if (spaces == 0 || size < min_value)
      return std::nullopt;
    auto value = text_.substr(at + begin, size);
    return size < longest_word && is_word(value) ? std::nullopt
                                                 : std::optional{begin};
  }

  /// As in `a bearer certificate.`
  static bool is_word(std::string_view x) {
    if (x.ends_with('.'))
      x.remove_suffix(1);
    return is_ascii_letter(x.front())
        && std::all_of(x.begin() + 1, x.end(),
                       [](char c) { return c >= 'a' && c <= 'z'; });
  }

  std::optional<sighting> find_web_token(size_t at) {
    constexpr std::string_view marker = "eyJ";
    if (at < no_web_token_before_ || !text_.substr(at).starts_with(marker))
      return std::nullopt;
    auto size = count(at, text_.size(), is_secret_char);
    auto token = text_.substr(at, size);
    if (token.ends_with('.'))
      token.remove_suffix(1);
    if (token.size() >= marker.size() + redacted_mark.size()
        && std::count(token.begin(), token.end(), '.') >= 2)
      return sighting{marker.size(), marker.size()};
    // What begins further on has no more dots; not to look again keeps the time
    // in proportion.
    no_web_token_before_ = at + size;
    return std::nullopt;
  }

  /// Where a secret ends that goes on at *at*. Two shapes have spaces; one that
  /// begins within a secret goes with it.
  size_t end_of(size_t at) const {
    auto begin = at;
    while (at < text_.size()) {
      if (is_pem(at))
        at = end_of_pem(at);
      else if (auto value = find_bearer(at))
        at += *value;
      else if (is_secret_char(text_[at]))
        ++at;
      else
        break;
    }
    // The end of a sentence.
    return at > begin && text_[at - 1] == '.' ? at - 1 : at;
  }

  /// Of PEM, with some room.
  static constexpr size_t max_label = 64;
  static constexpr size_t min_value = redacted_mark.size() + 1;
  static constexpr size_t longest_word = 20;

  std::string_view text_;
  size_t no_web_token_before_ = 0;
};

} // namespace

std::string redact(std::string_view text) {
  return redaction{text}.run();
}

} // namespace machine::security
