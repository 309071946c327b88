#pragma once

#include "gateway/http/doorman.hpp"
#include "gateway/identity/refusal_book.hpp"
#include "runtime/telemetry/log.hpp"

#include <functional>
#include <memory>
#include <mutex>

namespace machine::gateway {

struct api_context;

struct audit_options {
  /// Hears of results that could not be recorded.
  logger log;
  /// How often refusals are summed up.
  duration sum_up_every{60'000};
};

/// Writes down who does what that matters, in the audit log of the tenant in
/// which they act: that they are about to, before it is done, and what came of
/// it, before the client is told. Records that come at the same time share one
/// commit. Any thread may call.
class auditor {
public:
  explicit auditor(audit_options options = {});

  auditor(const auditor&) = delete;
  auditor& operator=(const auditor&) = delete;

  /// Calls *then* with the number of *what* in its log once it is durable, or
  /// with what went wrong; not at all if the machine ends meanwhile.
  void record(const std::shared_ptr<const api_context>& context,
              security::audit_record what,
              std::function<void(caf::expected<uint64_t>)> then) const;

  /// Records what came of something. That it cannot be recorded is told to the
  /// log alone: it has happened. *then* is called in any case but the
  /// machine's end.
  void record_result(
    const std::shared_ptr<const api_context>& context,
    security::audit_record what, std::function<void()> then = [] {}) const;

  /// Counts that somebody was refused, and has it recorded now or later.
  void note_refusal(const std::shared_ptr<const api_context>& context,
                    security::audit_record what);

  /// The same of somebody whom the doorman refuses, if it was for who they are
  /// or are not.
  void note_refusal(const std::shared_ptr<const api_context>& context,
                    const route& where, const http_request& asked,
                    const admission& what);

  /// Records what was counted until now, and waits for that, but not for long:
  /// the machine is about to end.
  void finish(const std::shared_ptr<const api_context>& context);

private:
  std::vector<security::audit_record> take_sums();
  void sum_up(const std::shared_ptr<const api_context>& context);

  const audit_options options_;
  std::mutex mutex_;
  refusal_book refusals_;
  bool due_ = false;
};

/// *what* with its uses audited, if it is a route whose uses are: whoever uses
/// it is written down first, and is told `unavailable`, and nothing happens, if
/// that fails.
route with_audit(const std::shared_ptr<const api_context>& context, route what);

/// *to*, with a success recorded as an act of *who*: of a request of which the
/// door did not know yet whose it is. Nobody is *who* before that.
responder_ptr
with_success_noted(const std::shared_ptr<const api_context>& context,
                   const std::string& action, const http_request& asked,
                   const principal_ptr& who, responder_ptr to);

} // namespace machine::gateway
