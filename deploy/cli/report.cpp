#include "actors/costs/money.hpp"
#include "deploy/cli/question.hpp"
#include "deploy/cli/table.hpp"
#include "deploy/cli/text.hpp"
#include "deploy/cli/view.hpp"
#include "runtime/wire/text.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <array>

namespace machine::cli {

namespace {

using namespace machine::orchestrator;

/// Writes the line that one event is worth.
struct logger {
  const run_view& view;
  std::vector<line> out;

  template <class T>
  void operator()(const T&) {
    // Most events matter to the machine alone.
  }

  void operator()(const run_created& x) {
    say("▶", style::bold, first_line(x.title),
        x.workflow_name + ", run " + view.id + ", up to "
          + costs::format_usd(x.budget));
  }

  void operator()(const run_queued&) {
    say("…", style::dim, "Queued",
        "project " + view.created.project + " has no place for it yet");
  }

  void operator()(const budget_refused& x) {
    say("✖", style::red, "No budget", x.message);
  }

  void operator()(const workspace_opened& x) {
    say("✔", style::green, "Worktree", "branch " + x.branch);
  }

  void operator()(const step_started& x) {
    if (is_shown(x.activation))
      say("●", style::cyan, title(x.activation), round(x));
  }

  void operator()(const step_skipped& x) {
    if (is_shown(x.activation))
      say("○", style::dim, title(x.activation), "not needed");
  }

  void operator()(const attempt_failed& x) {
    if (x.retry_at)
      say("↻", style::yellow, title(x.activation), x.message);
  }

  void operator()(const attempt_lost& x) {
    say("↻", style::yellow, title(x.activation),
        "the machine stopped in the middle of it and goes on now");
  }

  void operator()(const effect_intended& x) {
    auto* there = find_step(view, x.activation);
    if (x.kind == effect_kind::tool)
      say("  ›", style::dim, x.subject, x.detail);
    else if (x.kind == effect_kind::model
             && (there == nullptr || there->model_calls == 1))
      say("  ›", style::dim, label_of(view, x.subject), x.detail);
  }

  void operator()(const effect_failed& x) {
    say("  ✖", style::red, x.code, x.message);
  }

  void operator()(const step_done& x) {
    auto* there = find_step(view, x.activation);
    if (there != nullptr && is_shown(x.activation))
      say("✔", style::green, there->title, cost_of(*there));
  }

  void operator()(const step_failed& x) {
    say("✖", style::red, title(x.activation), x.message);
  }

  void operator()(const interrupt_opened& x) {
    say("⏸", style::yellow, "Question " + x.interrupt, x.question);
    out.push_back(
      {{"  answer it: themachine run answer " + view.id + " " + x.interrupt
        + " " + answer_option(x.schema) + view.again}});
  }

  void operator()(const interrupt_answered& x) {
    say("✔", style::green, "Answered by " + x.by, x.answer.text);
  }

  void operator()(const wait_started& x) {
    say("◌", style::cyan, title(x.activation),
        x.signal  ? "waits for the signal " + *x.signal
        : x.until ? "waits until " + wire::format_time(*x.until)
                  : "");
  }

  void operator()(const signal_received& x) {
    say("✔", style::green, "Signal " + x.name, x.payload.text);
  }

  void operator()(const child_started& x) {
    say("  ›", style::dim, "run " + x.run, x.workflow);
  }

  void operator()(const block_started& x) {
    if (x.name == undo_block)
      say("↶", style::yellow, title(x.activation), "undoing it");
    else if (x.name == failure_block)
      say("↶", style::yellow, title(x.activation), "because it failed");
  }

  void operator()(const block_ended& x) {
    if (!x.code.empty())
      say("✖", style::red, x.block, x.message);
  }

  void operator()(const run_paused& x) {
    say("⏸", style::yellow, "Paused by " + x.by, x.reason);
  }

  void operator()(const run_resumed& x) {
    say("▶", style::green, "Resumed by " + x.by, "");
  }

  void operator()(const cancel_requested& x) {
    say("✖", style::yellow, "Cancelling", x.reason);
  }

  void operator()(const work_published& x) {
    say("✔", style::green, "Published", "branch " + x.branch);
  }

private:
  bool is_shown(const std::string& activation) const {
    auto* there = find_step(view, activation);
    return there == nullptr
        || is_worth_showing(view, there->step, there->state);
  }

  std::string title(const std::string& activation) const {
    auto* there = find_step(view, activation);
    return there ? there->title : activation;
  }

  std::string round(const step_started& x) const {
    if (x.iteration == 0)
      return "";
    auto end = x.activation.rfind('[');
    auto* owner = find_step(view, x.activation.substr(0, end));
    return (owner != nullptr && owner->items > 0 ? "item " : "round ")
         + std::to_string(x.iteration);
  }

  static std::string cost_of(const step_view& x) {
    auto time = std::chrono::duration_cast<duration>(x.ended.value_or(x.started)
                                                     - x.started);
    auto result = format_elapsed(std::max(time, duration{0}));
    return x.model.empty() ? result : result + ", " + costs::format_usd(x.cost);
  }

  void say(const std::string& mark, style look, const std::string& what,
           const std::string& more) {
    line x{{mark, look}, {" " + first_line(what)}};
    if (auto text = first_line(more); !text.empty())
      x.push_back({"  " + clip(text, 400), style::dim});
    out.push_back(std::move(x));
  }
};

line result_line(const run_view& what) {
  auto& end = *what.end;
  auto time = std::chrono::duration_cast<duration>(
    what.ended.value_or(what.started) - what.started);
  line result;
  switch (end.result) {
    case run_result::done: result = {{"✔ Done", style::green}}; break;
    case run_result::failed: result = {{"✖ Failed", style::red}}; break;
    case run_result::cancelled:
      result = {{"✖ Cancelled", style::yellow}};
      break;
  }
  result.push_back({" in " + format_elapsed(std::max(time, duration{0}))
                    + " for " + costs::format_usd(end.spent)});
  return result;
}

/// Texts of the output that are meant for people, in the order of the output.
void add_output(const json_text& output, size_t width, std::vector<line>& out) {
  auto parsed = wire::parse_json(output.text, {});
  if (!parsed)
    return;
  auto add = [&](std::string_view text) {
    for (auto& x : wrap(printable(text), width - 2))
      out.push_back({{"  " + x}});
  };
  auto& root = parsed->root();
  if (root.kind == wire::node_kind::text && !root.text.empty()) {
    out.emplace_back();
    add(root.text);
  }
  if (root.kind != wire::node_kind::map)
    return;
  for (auto* i = parsed->first(root); i != nullptr; i = parsed->next(*i))
    if (i->kind == wire::node_kind::text && !i->text.empty()) {
      out.emplace_back();
      if (i->key != "summary")
        out.push_back({{"  " + printable(i->key) + ":", style::dim}});
      add(i->text);
    }
}

std::string plural(uint64_t count, const std::string& one) {
  return format_count(count) + " " + one + (count == 1 ? "" : "s");
}

void add_bill(const run_view& what, size_t width, std::vector<line>& out) {
  if (what.bill.empty())
    return;
  auto narrow = width < 60;
  std::vector<column> columns{{"model"}, {"calls", column::right}};
  if (!narrow)
    for (auto* name : {"in", "cached", "out"})
      columns.push_back({name, column::right});
  columns.push_back({"cost", column::right});
  table bill{std::move(columns)};
  for (auto& x : what.bill) {
    std::vector<std::string> cells{label_of(what, x.model),
                                   format_count(x.calls)};
    if (!narrow)
      for (auto count : {x.usage.input, x.usage.cached, x.usage.output})
        cells.push_back(format_count(count));
    cells.push_back(costs::format_usd(x.cost));
    bill.add(std::move(cells));
  }
  out.emplace_back();
  for (auto& x : bill.lines(width - 2)) {
    x.insert(x.begin(), span{"  "});
    out.push_back(std::move(x));
  }
}

/// *left* and *right* in one line, or in two if that is too wide.
void add_joined(line left, const line& right, size_t width,
                std::vector<line>& out) {
  if (width_of(left) + width_of(right) > width) {
    out.push_back(std::move(left));
    out.push_back(right);
    return;
  }
  left.insert(left.end(), right.begin(), right.end());
  out.push_back(std::move(left));
}

void add_commands(const run_view& what, size_t width, std::vector<line>& out) {
  if (!what.published || what.published->files_changed == 0) {
    out.push_back(
      {{"  themachine run show " + what.id + what.again, style::bold},
       {"   all about this run", style::dim}});
    return;
  }
  auto& work = *what.published;
  auto git = "git -C " + shell_word(what.created.repository.value_or("."));
  std::array commands{
    std::pair{"  Look at it: ",
              git + " diff " + work.base.substr(0, 12) + ".." + work.branch},
    std::pair{"  Take it:    ", git + " merge " + work.branch}};
  // In one piece, so that they can be copied.
  auto fits = std::all_of(commands.begin(), commands.end(), [&](auto& x) {
    return 14 + width_of(std::string_view{x.second}) <= width;
  });
  for (auto& [label, command] : commands) {
    if (fits) {
      out.push_back({{label, style::dim}, {command}});
    } else {
      out.push_back({{label, style::dim}});
      out.push_back({{"    " + command}});
    }
  }
}

} // namespace

std::vector<line> log_lines(const run_view& after, const stored_event& what) {
  if (!what.what)
    return {};
  logger log{after, {}};
  std::visit(log, *what.what);
  return std::move(log.out);
}

std::vector<line> report_lines(const run_view& what, size_t width) {
  width = std::max<size_t>(width, 20);
  std::vector<line> out;
  if (!what.end)
    return out;
  out.push_back(result_line(what));
  if (!what.end->message.empty())
    for (auto& x : wrap(printable(what.end->message), width - 2))
      out.push_back({{"  " + x}});
  if (what.end->result == run_result::done)
    add_output(what.end->output, width, out);
  if (what.published && what.published->files_changed > 0) {
    auto& x = *what.published;
    out.emplace_back();
    line branch{{"  branch " + x.branch}};
    line changes{{"  " + plural(x.files_changed, "file") + ", "},
                 {"+" + format_count(x.lines_added), style::green},
                 {" "},
                 {"-" + format_count(x.lines_removed), style::red}};
    add_joined(std::move(branch), changes, width, out);
  }
  add_bill(what, width, out);
  out.emplace_back();
  add_commands(what, width, out);
  return out;
}

} // namespace machine::cli
