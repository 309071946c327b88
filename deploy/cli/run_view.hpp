#pragma once

#include "actors/orchestrator/run/events.hpp"
#include "actors/orchestrator/run/parts.hpp"
#include "actors/orchestrator/workflow/workflow.hpp"
#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace machine::cli {

/// An event of a run as the gateway tells it.
struct stored_event {
  uint64_t seq = 0;
  timestamp at{};
  /// None: an event of a newer machine, which we do not know.
  std::optional<orchestrator::run_event> what;
};

/// A piece of what is being said right now; it is stored nowhere.
struct live_piece {
  /// `text` (a model speaks) or `output` (a command writes).
  std::string type;
  std::string activation;
  std::string text;

  static constexpr const char* wire_name = "live_piece";

  static constexpr auto fields() {
    return wire::members(wire::field{"type", &live_piece::type},
                         wire::field{"activation", &live_piece::activation},
                         wire::field{"text", &live_piece::text});
  }
};

caf::expected<stored_event> parse_event(std::string_view json);

caf::expected<live_piece> parse_piece(std::string_view json);

enum class step_state : uint8_t {
  pending,
  running,
  asking,
  /// For a time or a signal.
  waiting,
  retrying,
  /// Until the run goes on.
  suspended,
  done,
  failed,
  skipped,
  stopped,
};

enum class call_state : uint8_t { running, done, failed };

/// A tool call or command of an agent.
struct call_view {
  std::string effect;
  std::string name;
  std::string detail;
  call_state state = call_state::running;
  std::string outcome;
};

/// A block of a step whose steps run.
struct block_view {
  std::string id;
  /// In the workflow; empty: it has none.
  std::string name;
  /// The round or the item, from 1; 0: it is neither.
  uint32_t number = 0;
};

/// A step that became due.
struct step_view {
  std::string id;
  std::string step;
  std::string title;
  step_state state = step_state::running;
  /// The model that was asked last, and how often in a row.
  std::string model;
  uint32_t model_calls = 0;
  micro_usd cost = 0;
  uint32_t attempt = 1;
  /// Its blocks that run.
  std::vector<block_view> blocks;
  /// The items that it goes through, and those that have ended.
  size_t items = 0;
  size_t items_ended = 0;
  /// What it waits for, or the run that does it.
  std::string note;
  timestamp started{};
  std::optional<timestamp> ended;
  std::optional<timestamp> retry_at;
  std::string message;
  /// The end of what it says or writes.
  std::string tail;
  /// A command writes it, line by line; else it is what a model says.
  bool tail_is_output = false;
  /// The last calls.
  std::deque<call_view> calls;
};

/// A question that waits for an answer.
struct question_view {
  std::string id;
  std::string activation;
  std::string question;
  json_text schema;
};

/// Everything that is known about a run, folded from its events.
struct run_view {
  std::string id;
  /// What a command needs to reach its machine, after everything else.
  std::string again;
  /// Ids of models whose answers come from a file.
  std::set<std::string> scripted;

  uint64_t last_seq = 0;
  orchestrator::run_created created;
  orchestrator::workflow definition;
  timestamp started{};
  std::optional<timestamp> ended;
  /// What it is doing if no step runs.
  std::string doing;
  micro_usd spent = 0;
  std::vector<step_view> steps;
  std::vector<question_view> questions;
  /// What has been paid, by model.
  std::vector<orchestrator::model_bill> bill;
  /// Effects under way.
  std::vector<orchestrator::effect_intended> open;
  bool cancelling = false;
  bool paused = false;
  std::optional<orchestrator::workspace_opened> workspace;
  std::optional<orchestrator::work_published> published;
  std::optional<orchestrator::run_ended> end;
};

void apply(run_view& to, const stored_event& what);

void apply(run_view& to, const live_piece& what);

/// The started step *activation*; null if there is none.
const step_view* find_step(const run_view& in, std::string_view activation);

/// Whether the step *id* is worth showing: not what only keeps the books of the
/// workflow, unless it failed.
bool is_worth_showing(const run_view& in, const std::string& id,
                      step_state state);

/// The name of a model, with `(scripted)` if its answers come from a file.
std::string label_of(const run_view& in, const std::string& model);

/// Bounds of what is kept for showing.
constexpr size_t max_tail_bytes = 16u << 10;
constexpr size_t max_calls_kept = 16;

} // namespace machine::cli
