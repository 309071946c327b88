#pragma once

#include "runtime/net/client.hpp"

#include <optional>

namespace machine {

/// What a collector's answer means for a batch.
enum class export_verdict : uint8_t {
  accepted,
  /// The same batch may be taken later.
  again,
  /// It would be refused again.
  refused,
};

/// By the status of the answer: of failures only 429, 502, 503 and 504 are
/// tried again (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response).
export_verdict judge_status(int status);

/// Without a whole answer: what broke may work later, what was refused here
/// will not.
export_verdict judge_failure(ec why);

/// How long the collector asks to wait in its header `Retry-After`, which is in
/// seconds or a date.
std::optional<duration> retry_after(const net::response_head& head,
                                    timestamp now);

/// How the wait before a batch is tried again grows.
struct backoff {
  /// Before the second attempt; doubled each time.
  duration first{1'000};
  /// The longest, also of what a collector asks for.
  duration most{30'000};
};

/// The wait after *attempt* (from 1 on) failed: what was *asked*, or else
/// between half of the back-off and all of it, as *random* says, so that not
/// all machines come back at once.
duration retry_delay(const backoff& how, unsigned attempt,
                     std::optional<duration> asked, uint64_t random);

/// How many of a batch's spans an answer with status 200 says were not taken:
/// `partialSuccess.rejectedSpans`. 0 for what does not say.
uint64_t rejected_spans(std::string_view body);

} // namespace machine
