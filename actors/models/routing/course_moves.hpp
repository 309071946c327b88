#pragma once

#include "actors/models/routing/course.hpp"

namespace machine::models {

/// Who may be asked after a failure, beside the one that failed.
enum class successor : uint8_t {
  nobody,
  any_model,
  /// One of another provider if there is one.
  other_provider_first,
  /// Its provider is the reason.
  other_provider,
  /// With more room for the prompt.
  larger_context,
  /// For which less money has to be set aside.
  cheaper,
};

/// What a failure leads to.
struct next_move {
  successor next = successor::nobody;
  /// Whether the one that failed may be asked again, after a pause.
  bool again = false;
  /// Whether another one is asked first, because waiting for this one is
  /// unlikely to help.
  bool another_first = false;
  /// Whether this one, and all of which the same is known, is out of the
  /// question from now on.
  bool strike = false;

  bool operator==(const next_move&) const = default;
};

/// What to do after a try ended with *code*:
///
/// | what happened                  | again  | next                 | struck |
/// |--------------------------------|--------|----------------------|--------|
/// | 429, 5xx, a broken answer      | first  | other provider first |        |
/// | garbage                        | first  | any model            |        |
/// | it hangs, cannot be reached    | second | other provider first |        |
/// | the key, address is refused    | no     | other provider       | yes    |
/// | the model is gone (404)        | no     | any model            | yes    |
/// | the prompt is too long         | no     | larger context       | yes    |
/// | the content is refused         | no     | other provider       | yes    |
/// | the money does not cover it    | no     | cheaper              | yes    |
/// | the request is wrong, a defect | no     | nobody               |        |
///
/// @param status The HTTP status, 0 if there was none.
next_move move_after(ec code, int status, const fallback_rule& rule);

/// Whether *x* may take over from *failed*.
bool may_succeed(successor how, const course_candidate& failed,
                 const course_candidate& x);

} // namespace machine::models
