#include "actors/tracker/search.hpp"

#include <algorithm>

namespace machine::tracker {

namespace {

constexpr std::string_view blanks = " \t\r\n";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool has(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [](char a, char b) { return lower(a) == b; })
      != text.end();
}

bool has_word(const task& x, std::string_view word) {
  auto in_list = [word](auto& list) {
    return std::any_of(list.begin(), list.end(),
                       [word](auto& one) { return has(one, word); });
  };
  auto in_comment = [word](const task_comment& one) {
    return has(one.text, word) || has(one.author, word);
  };
  return has(x.id, word) || has(x.title, word) || has(x.description, word)
      || has(x.author, word) || in_list(x.labels)
      || std::any_of(x.comments.begin(), x.comments.end(), in_comment);
}

} // namespace

std::vector<std::string> search_words(std::string_view query) {
  std::vector<std::string> result;
  while (result.size() < max_search_words) {
    auto begin = query.find_first_not_of(blanks);
    if (begin == query.npos)
      break;
    query.remove_prefix(begin);
    std::string word{query.substr(0, query.find_first_of(blanks))};
    query.remove_prefix(word.size());
    std::transform(word.begin(), word.end(), word.begin(), lower);
    result.push_back(std::move(word));
  }
  return result;
}

bool matches(const task& x, const std::vector<std::string>& words) {
  return std::all_of(words.begin(), words.end(),
                     [&x](auto& word) { return has_word(x, word); });
}

} // namespace machine::tracker
