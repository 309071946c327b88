#include "actors/orchestrator/workflow/jq_paths.hpp"

#include "actors/orchestrator/workflow/jq_tokens.hpp"

#include <algorithm>
#include <array>

namespace machine::orchestrator {

namespace {

using tokens = std::vector<jq_token>;

/// Words after which an expression begins that sees what the whole one sees.
constexpr std::array<std::string_view, 9> openers{
  "if", "then", "elif", "else", "and", "or", "reduce", "foreach", "try"};

bool is_opener(const jq_token& x) {
  return x.what == jq_token::kind::word
      && std::find(openers.begin(), openers.end(), x.text) != openers.end();
}

/// Follows the brackets around a token, to know whether `.` is the root there.
class levels {
public:
  void pass(const tokens& all, size_t i) {
    auto& x = all[i];
    if (x.opens()) {
      // What a function is given, and the body of a reduction, may see
      // something else.
      auto other = x.is_one_of("(") && i > 0 && !is_opener(all[i - 1])
                && (all[i - 1].what == jq_token::kind::word
                    || all[i - 1].is_one_of(")]}"));
      open_.push_back({x.text.back(), other});
      others_ += other ? 1 : 0;
    } else if (x.is_one_of(")]}") && open_.size() > 1) {
      others_ -= open_.back().other ? 1 : 0;
      open_.pop_back();
    } else if (x.is_one_of("|")) {
      // After a pipe the root is another one, up to the end of its brackets.
      set(true);
    } else if (x.is_one_of(",") && open_.back().bracket == '{') {
      set(false);
    }
  }

  bool at_root() const {
    return others_ == 0;
  }

private:
  struct level {
    char bracket;
    bool other;
  };

  void set(bool other) {
    if (open_.back().other == other)
      return;
    open_.back().other = other;
    others_ += other ? 1 : -1;
  }

  std::vector<level> open_{{' ', false}};
  int others_ = 0;
};

/// For each token whether `//` or `?` catches what goes wrong there.
std::vector<bool> find_caught(const tokens& all) {
  struct level {
    bool outer = false;
    bool here = false;
  };

  std::vector<level> open{{}};
  std::vector<bool> result(all.size());
  for (auto i = all.size(); i-- > 0;) {
    auto& x = all[i];
    auto followed = [&](std::string_view by) {
      return i + 1 < all.size() && all[i + 1].is_one_of(by);
    };
    if (x.is_one_of(")]}"))
      open.push_back({open.back().outer || open.back().here || followed("?")});
    else if (x.opens() && open.size() > 1)
      open.pop_back();
    else if (x.is_one_of("/") && followed("/"))
      open.back().here = true;
    // Both bind less than `//`.
    else if (x.is_one_of(",|;"))
      open.back().here = false;
    result[i] = open.back().outer || open.back().here;
  }
  return result;
}

class path_finder {
public:
  explicit path_finder(std::string_view program)
      : all_(scan_jq(program)), caught_(find_caught(all_)) {}

  std::vector<jq_path> run() {
    auto tries = std::any_of(all_.begin(), all_.end(),
                             [](auto& x) { return x.is_word("try"); });
    levels around;
    while (at_ < all_.size()) {
      auto begin = at_;
      around.pass(all_, at_);
      if (all_[at_].is_word("def"))
        break;
      jq_path path;
      if (!begins()) {
        ++at_;
        continue;
      }
      auto from_root = around.at_root() && is_at_beginning();
      while (take_part(path))
        continue;
      if (at_ == begin)
        ++at_;
      if (!from_root || path.parts.empty())
        continue;
      path.caught |= tries || caught_[begin];
      path.whole = begin == 0 && at_ == all_.size();
      find_comparison(path, begin);
      result_.push_back(std::move(path));
    }
    return std::move(result_);
  }

private:
  const jq_token* ahead(size_t count = 0) const {
    return at_ + count < all_.size() ? &all_[at_ + count] : nullptr;
  }

  bool is_ahead(size_t count, std::string_view these) const {
    auto* x = ahead(count);
    return x != nullptr && x->is_one_of(these);
  }

  bool is_text_ahead(size_t count) const {
    auto* x = ahead(count);
    return x != nullptr && x->what == jq_token::kind::text;
  }

  bool begins() const {
    return ahead()->what == jq_token::kind::field
        || (is_ahead(0, ".") && (is_ahead(1, "[") || is_text_ahead(1)));
  }

  /// A path that goes on from something else does not begin at the root.
  bool is_at_beginning() const {
    if (at_ == 0)
      return true;
    auto& before = all_[at_ - 1];
    return is_opener(before)
        || (before.what == jq_token::kind::other
            && !before.is_one_of(")]}?\"."));
  }

  bool take_part(jq_path& to) {
    if (ahead() == nullptr)
      return false;
    if (ahead()->what == jq_token::kind::field) {
      to.parts.push_back({path_part::kind::field, ahead()->text});
      ++at_;
      return true;
    }
    if (is_ahead(0, "?") && !is_ahead(1, "/")) {
      to.caught = true;
      ++at_;
      return true;
    }
    if (is_ahead(0, ".") && is_text_ahead(1)) {
      to.parts.push_back({path_part::kind::field, ahead(1)->text});
      at_ += 2;
      return true;
    }
    auto dot = is_ahead(0, ".") && is_ahead(1, "[") ? 1u : 0u;
    return is_ahead(dot, "[") && take_index(to, dot);
  }

  /// What stands in brackets, if it is literal.
  bool take_index(jq_path& to, size_t dot) {
    auto first = dot + 1;
    if (is_ahead(first, "]")) {
      to.parts.push_back({path_part::kind::all, {}});
      at_ += first + 1;
      return true;
    }
    if (is_text_ahead(first) && is_ahead(first + 1, "]")) {
      to.parts.push_back({path_part::kind::field, ahead(first)->text});
      at_ += first + 2;
      return true;
    }
    // Numbers, signs and a colon.
    auto size = first;
    auto colon = false;
    auto number = false;
    for (; ahead(size) != nullptr && !is_ahead(size, "]"); ++size) {
      auto& x = *ahead(size);
      if (x.is_one_of(":"))
        colon = true;
      else if (x.what == jq_token::kind::word && x.text[0] >= '0'
               && x.text[0] <= '9')
        number = true;
      else if (!x.is_one_of("-"))
        return false;
    }
    if (ahead(size) == nullptr || (!number && !colon))
      return false;
    to.parts.push_back(
      {colon ? path_part::kind::slice : path_part::kind::element, {}});
    at_ += size + 1;
    return true;
  }

  void find_comparison(jq_path& to, size_t begin) const {
    constexpr std::string_view binds_more = "+-*/%[.?";
    auto compares = [&](size_t i) {
      return i + 1 < all_.size() && all_[i].is_one_of("=!")
          && all_[i + 1].is_one_of("=");
    };
    auto ends = [&](size_t i) {
      return i >= all_.size() || !all_[i].is_one_of(binds_more);
    };
    auto is_text = [&](size_t i) {
      return all_[i].what == jq_token::kind::text;
    };
    if (compares(at_) && at_ + 2 < all_.size() && is_text(at_ + 2)
        && ends(at_ + 3) && (begin == 0 || ends(begin - 1)))
      to.compared = all_[at_ + 2].text;
    else if (begin > 2 && compares(begin - 2) && is_text(begin - 3) && ends(at_)
             && (begin == 3 || ends(begin - 4)))
      to.compared = all_[begin - 3].text;
  }

  tokens all_;
  std::vector<bool> caught_;
  size_t at_ = 0;
  std::vector<jq_path> result_;
};

} // namespace

std::vector<jq_path> paths_of(std::string_view program) {
  return path_finder{program}.run();
}

std::string spell(const std::vector<path_part>& parts) {
  std::string result;
  for (auto& x : parts)
    switch (x.what) {
      case path_part::kind::field: result += "." + x.name; break;
      case path_part::kind::element: result += "[0]"; break;
      case path_part::kind::all: result += "[]"; break;
      case path_part::kind::slice: result += "[:]"; break;
    }
  return result;
}

} // namespace machine::orchestrator
