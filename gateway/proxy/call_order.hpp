#pragma once

#include "actors/models/delta.hpp"

#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace machine::gateway::proxy {

/// Sees when the text of a JSON object is complete, in whatever pieces it
/// comes.
class object_end {
public:
  void feed(std::string_view text) {
    for (auto c : text) {
      if (in_string_) {
        in_string_ = escaped_ || c != '"';
        escaped_ = !escaped_ && c == '\\';
      } else if (c == '"') {
        in_string_ = true;
      } else if (c == '{' || c == '[') {
        ++depth_;
      } else if (c == '}' || c == ']') {
        complete_ = --depth_ == 0;
      }
    }
  }

  bool seen() const {
    return complete_;
  }

private:
  int64_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool complete_ = false;
};

/// Puts the pieces of an answer's calls one call after the other, as dialects
/// want them in which a part of an answer has to end before the next begins.
/// Providers may begin a call before the one before it is complete.
class call_order {
public:
  /// Calls *tell* with the pieces that may be told once *piece* is known.
  template <class F>
  void take(const models::answer_delta& piece, F tell) {
    using kind = models::answer_delta::kind_type;
    if (piece.kind != kind::tool && piece.kind != kind::arguments) {
      flush(tell);
      tell(piece);
      return;
    }
    if (!may_be_told(piece)) {
      held_.push_back(piece);
      return;
    }
    tell_of_call(piece, tell);
    if (held_.empty() || !end_.seen())
      return;
    auto held = std::exchange(held_, {});
    for (auto& x : held)
      take(x, tell);
  }

  /// Nothing more comes of the calls that were begun.
  template <class F>
  void flush(F tell) {
    auto held = std::exchange(held_, {});
    std::set<uint32_t> told;
    for (auto& begun : held) {
      // What comes after its call was complete belongs nowhere.
      if (begun.kind != models::answer_delta::kind_type::tool
          || !told.insert(begun.call).second)
        continue;
      for (auto& x : held)
        if (x.call == begun.call)
          tell(x);
    }
    open_.reset();
  }

private:
  bool may_be_told(const models::answer_delta& x) const {
    if (x.kind == models::answer_delta::kind_type::arguments)
      return open_ == x.call;
    return !open_ || end_.seen();
  }

  template <class F>
  void tell_of_call(const models::answer_delta& x, F tell) {
    if (x.kind == models::answer_delta::kind_type::tool) {
      open_ = x.call;
      end_ = {};
    } else {
      end_.feed(x.text);
    }
    tell(x);
  }

  std::optional<uint32_t> open_;
  object_end end_;
  std::vector<models::answer_delta> held_;
};

} // namespace machine::gateway::proxy
