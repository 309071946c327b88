#include "actors/models/desk/near_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>

namespace machine::models {

namespace {

using words = std::vector<std::string>;

bool is_digit(char x) {
  return x >= '0' && x <= '9';
}

bool is_upper(char x) {
  return x >= 'A' && x <= 'Z';
}

bool is_lower(char x) {
  return x >= 'a' && x <= 'z';
}

/// All of what is not ASCII is taken for letters.
bool is_of_word(char x) {
  return is_digit(x) || is_upper(x) || is_lower(x) || x == '_'
      || static_cast<unsigned char>(x) >= 0x80;
}

bool is_space(char x) {
  return x == ' ' || x == '\t' || x == '\n' || x == '\r';
}

bool ends_sentence(char x) {
  return std::string_view{".,;:!?"}.find(x) != std::string_view::npos;
}

std::string with_plain_apostrophes(std::string_view text) {
  constexpr std::string_view curly = "\u2019";
  std::string result;
  while (!text.empty()) {
    auto is_curly = text.starts_with(curly);
    result += is_curly ? '\'' : text.front();
    text.remove_prefix(is_curly ? curly.size() : 1);
  }
  return result;
}

/// Names and abbreviations in capitals stay: `IT` is not `it`.
std::string folded(std::string word, bool is_first) {
  auto has_lower = std::any_of(word.begin(), word.end(), is_lower);
  auto has_upper = std::any_of(word.begin(), word.end(), is_upper);
  if (has_upper && !has_lower && (word.size() > 1 || !is_first))
    return word;
  for (auto& x : word)
    if (is_upper(x))
      x = static_cast<char>(x - 'A' + 'a');
  return word;
}

void add_word(words& to, const std::string& word) {
  auto x = folded(word, to.empty());
  auto cut = [&](std::string_view end) {
    return x.substr(0, x.size() - end.size());
  };
  if (x == "cannot" || x == "can't") {
    to.insert(to.end(), {"can", "not"});
  } else if (x == "won't") {
    to.insert(to.end(), {"will", "not"});
  } else if (x.size() > 3 && x.ends_with("n't")) {
    to.insert(to.end(), {cut("n't"), "not"});
  } else if (x.size() > 2 && x.ends_with("'s")) {
    to.insert(to.end(), {cut("'s"), "is"});
  } else {
    to.push_back(std::move(x));
  }
}

/// Where the word or number ends that begins at *at*.
size_t end_of_word(std::string_view text, size_t at) {
  auto end = at;
  while (end < text.size()) {
    auto inside = end + 1 < text.size() && end > at;
    auto of_number = inside && (text[end] == '.' || text[end] == ',')
                  && is_digit(text[end - 1]) && is_digit(text[end + 1]);
    auto of_word = inside && text[end] == '\'' && is_of_word(text[end + 1]);
    if (!is_of_word(text[end]) && !of_number && !of_word)
      break;
    ++end;
  }
  return end;
}

/// A new line means something in the middle of a text, and so does how far the
/// next one is moved in.
void add_space(words& to, std::string_view space, bool at_end) {
  auto line = space.rfind('\n');
  if (line != space.npos && !to.empty() && !at_end)
    to.push_back("\n" + std::to_string(space.size() - line - 1));
}

template <size_t N>
bool is_one_of(const std::array<std::string_view, N>& some,
               std::string_view x) {
  return std::find(some.begin(), some.end(), x) != some.end();
}

constexpr std::array<std::string_view, 4> idle_words{"a", "an", "the",
                                                     "please"};

using phrase = std::span<const std::string_view>;

constexpr std::array<std::string_view, 2> can_you{"can", "you"};
constexpr std::array<std::string_view, 2> could_you{"could", "you"};
constexpr std::array<std::string_view, 2> would_you{"would", "you"};
constexpr std::array<std::string_view, 1> hi{"hi"};
constexpr std::array<std::string_view, 1> hello{"hello"};
constexpr std::array<std::string_view, 1> hey{"hey"};
constexpr std::array<std::string_view, 1> thanks{"thanks"};
constexpr std::array<std::string_view, 2> thank_you{"thank", "you"};

const std::array<phrase, 6> polite_beginnings{can_you, could_you, would_you,
                                              hi,      hello,     hey};
const std::array<phrase, 2> polite_ends{thanks, thank_you};

template <class Range>
void drop_polite(words& from, const Range& some, bool at_end) {
  for (auto again = true; again;) {
    again = false;
    for (auto& x : some) {
      // Something has to be left.
      if (x.size() >= from.size())
        continue;
      auto first =
        at_end ? from.end() - static_cast<ptrdiff_t>(x.size()) : from.begin();
      if (!std::equal(x.begin(), x.end(), first))
        continue;
      from.erase(first, first + static_cast<ptrdiff_t>(x.size()));
      again = true;
    }
  }
}

constexpr auto negations = std::to_array<std::string_view>(
  {"not",     "no",      "never",   "none",   "nobody", "nothing", "nowhere",
   "nor",     "neither", "without", "except", "unless", "nicht",   "kein",
   "keine",   "keinen",  "keiner",  "keinem", "nichts", "nie",     "niemals",
   "niemand", "ohne",    "ne",      "pas",    "jamais", "rien",    "aucun",
   "aucune",  "sans",    "ni",      "nunca",  "nada",   "nadie",   "sin",
   "ningun",  "ninguno", "ninguna", "nem",    "sem",    "non",     "mai",
   "niente",  "nessuno", "senza",   "niet",   "geen"});

constexpr auto number_words = std::to_array<std::string_view>(
  {"zero",     "one",      "two",      "three",   "four",    "five",
   "six",      "seven",    "eight",    "nine",    "ten",     "eleven",
   "twelve",   "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
   "eighteen", "nineteen", "twenty",   "thirty",  "forty",   "fifty",
   "sixty",    "seventy",  "eighty",   "ninety",  "hundred", "thousand",
   "million",  "billion",  "half",     "twice",   "dozen"});

std::string joined(const words& xs, char between) {
  std::string result;
  for (auto& x : xs) {
    if (!result.empty())
      result += between;
    result += x;
  }
  return result;
}

/// FNV-1a, whose upper bits are then mixed into the lower ones.
uint64_t hash_of(std::string_view x, uint64_t seed) {
  auto h = 0xcbf29ce484222325ULL ^ seed;
  for (auto c : x) {
    h ^= static_cast<unsigned char>(c);
    h *= 0x100000001b3ULL;
  }
  h ^= h >> 29;
  h *= 0xbf58476d1ce4e5b9ULL;
  return h ^ (h >> 32);
}

void add_feature(std::vector<float>& to, std::string_view x, uint64_t kind,
                 float weight) {
  auto h = hash_of(x, kind);
  to[h % hashed_length] += (h >> 63) != 0 ? weight : -weight;
}

constexpr char word_break = '\x1f';

} // namespace

std::vector<std::string> tokens_of(std::string_view from) {
  auto plain = with_plain_apostrophes(from);
  std::string_view text = plain;
  words result;
  for (size_t at = 0; at < text.size();) {
    if (is_space(text[at])) {
      auto end = at;
      while (end < text.size() && is_space(text[end]))
        ++end;
      add_space(result, text.substr(at, end - at), end == text.size());
      at = end;
    } else if (is_of_word(text[at])) {
      auto end = end_of_word(text, at);
      add_word(result, std::string{text.substr(at, end - at)});
      at = end;
    } else {
      auto last = at + 1 == text.size() || is_space(text[at + 1])
               || ends_sentence(text[at + 1]);
      if (!ends_sentence(text[at]) || !last)
        result.emplace_back(1, text[at]);
      ++at;
    }
  }
  return result;
}

std::string wording_guard(std::string_view text) {
  auto all = tokens_of(text);
  std::erase_if(all, [](auto& x) { return is_one_of(idle_words, x); });
  drop_polite(all, polite_beginnings, false);
  drop_polite(all, polite_ends, true);
  return joined(all, word_break);
}

std::string meaning_guard(std::string_view text) {
  words kept;
  std::string_view before;
  auto all = tokens_of(text);
  for (auto& x : all) {
    auto low = folded(x, true);
    for (auto& c : low)
      if (is_upper(c))
        c = static_cast<char>(c - 'A' + 'a');
    if (std::any_of(x.begin(), x.end(), is_digit))
      // A sign before it is a part of the number.
      kept.push_back((before == "-" ? "-" : "") + low);
    else if (is_one_of(negations, low) || is_one_of(number_words, low))
      kept.push_back(low);
    before = x;
  }
  return joined(kept, word_break);
}

std::vector<float> hashed_vector(std::string_view text) {
  auto all = tokens_of(text);
  std::vector<float> result(hashed_length, 0);
  for (size_t i = 0; i < all.size(); ++i) {
    add_feature(result, all[i], 1, 2);
    if (i > 0)
      add_feature(result, all[i - 1] + word_break + all[i], 2, 1);
  }
  auto line = " " + joined(all, ' ') + " ";
  std::string_view characters = line;
  for (size_t n = 3; n <= 5; ++n)
    for (size_t i = 0; i + n <= characters.size(); ++i)
      add_feature(result, characters.substr(i, n), 10 + n, 0.5);
  normalise(result);
  return result;
}

bool normalise(std::vector<float>& x) {
  double sum = 0;
  for (auto y : x)
    sum += static_cast<double>(y) * static_cast<double>(y);
  if (!(sum > 0) || !std::isfinite(sum))
    return false;
  auto length = std::sqrt(sum);
  for (auto& y : x)
    y = static_cast<float>(static_cast<double>(y) / length);
  return true;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size())
    return 0;
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

} // namespace machine::models
