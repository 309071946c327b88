#pragma once

#include "gateway/http/contract.hpp"
#include "runtime/entity/pieces.hpp"
#include "runtime/error.hpp"
#include "runtime/store/store.hpp"

#include <string>
#include <vector>

namespace machine::gateway {

/// A log as clients see it.
struct log_view {
  store::stream_id stream;
  /// What is missing if there is no such log: `run r-17`. Empty: a log without
  /// events is one like any other.
  std::string name;
  /// An event of it with its number, as JSON.
  std::string (*document)(uint64_t seq, bytes_view payload);
  /// Whether nobody has to wait for more after this event.
  bool (*is_last)(bytes_view payload);
};

/// The log of a run.
log_view view_of_run(store::stream_id stream);

/// The log of a topic.
log_view view_of_topic(store::stream_id stream);

/// What a route to the events of a run gives.
contract run_log_contract();

/// What a route to the events of a topic gives.
contract topic_contract();

/// Whether there is news of *name*: `runs`, `tasks`, `interrupts`, `costs`, and
/// `nodes`, which is of no tenant.
bool is_topic(std::string_view name);

/// The topic of the audit log, whose events are its records.
constexpr std::string_view audit_topic = "audit";

/// That of what becomes of the machine's processes.
constexpr std::string_view nodes_topic = "nodes";

/// What clients may follow, beside runs.
std::vector<std::string> topics();

/// A tenant's audit log.
log_view view_of_audit(store::stream_id stream);

/// What a route to an audit log gives.
contract audit_log_contract();

/// What clients call a log: `runs`, or `run/r-17`.
std::string topic_of(const log_view& log);

/// That there is no topic *name*, and which there are: `not_found`.
caf::error no_topic(const std::string& name);

/// What happens and is not kept, as JSON.
std::string live_document(const entity::live_piece& piece);

} // namespace machine::gateway
