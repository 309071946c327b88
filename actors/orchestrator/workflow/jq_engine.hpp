#pragma once

#include "actors/orchestrator/workflow/jq_protocol.hpp"

#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace machine::orchestrator {

/// A program as jq has compiled it. It runs in the thread of the caller, one
/// input at a time, and cannot be interrupted.
class jq_program {
public:
  /// Null if *text* is no jq; *problem* then says why, in jq's words.
  static std::unique_ptr<jq_program> compile(const std::string& text,
                                             std::string& problem);

  jq_program(const jq_program&) = delete;
  jq_program& operator=(const jq_program&) = delete;

  ~jq_program();

  /// The one value that it yields for *input*, which is JSON.
  /// @param max_bytes Of the answer; one that is larger is `too_large`.
  jq_answer run(std::string_view input, uint64_t max_bytes);

private:
  struct compiled;

  explicit jq_program(std::unique_ptr<compiled> it);

  std::unique_ptr<compiled> it_;
};

/// Evaluates programs, and keeps the newest compiled.
class jq_engine {
public:
  /// @param most How many stay compiled.
  explicit jq_engine(size_t most) : most_(most) {}

  jq_answer answer(const jq_request& what);

private:
  struct known {
    std::string text;
    std::unique_ptr<jq_program> program;
  };

  size_t most_;
  std::list<known> programs_;
};

} // namespace machine::orchestrator
