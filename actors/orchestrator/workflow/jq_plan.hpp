#pragma once

#include "runtime/types.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace machine::orchestrator {

/// The parts of its input that a jq program may look at.
struct jq_needs {
  /// It may look at any part.
  bool all = true;
  /// Otherwise: which members of the input; and of each which members, or the
  /// whole of it if none is named.
  std::map<std::string, std::set<std::string>, std::less<>> members;

  bool operator==(const jq_needs&) const = default;
};

/// How a jq program is evaluated. It follows from the spelling alone.
struct jq_plan {
  /// The program is short, has no loop, no function of its own, and nothing
  /// that yields several values, multiplies what it is given more than once, or
  /// compares each part of a list with each: for an input of at most
  /// `max_tame_input` bytes it ends soon and needs little memory, whatever that
  /// input is. It need not be watched.
  bool tame = false;
  /// What it yields, if it is a plain number, text or word that jq spells as it
  /// stands there.
  std::optional<std::string> constant;
  jq_needs needs;
};

/// Of an input, in bytes.
constexpr size_t max_tame_input = 4u << 10;

jq_plan plan_jq(std::string_view program);

/// What expressions are evaluated over.
class jq_scope {
public:
  virtual ~jq_scope() = default;

  /// An object with what is needed, and maybe more.
  virtual json_text read(const jq_needs& what) const = 0;

  /// Expressions that are likely to be evaluated soon, too.
  virtual std::vector<std::string> others() const {
    return {};
  }
};

/// A scope that is at hand.
class plain_scope final : public jq_scope {
public:
  explicit plain_scope(json_text all) : all_(std::move(all)) {}

  json_text read(const jq_needs&) const override {
    return all_;
  }

private:
  json_text all_;
};

} // namespace machine::orchestrator
