#include "deploy/cli/view.hpp"

#include "actors/costs/money.hpp"
#include "deploy/cli/text.hpp"

#include <algorithm>

namespace machine::cli {

namespace {

using namespace machine::orchestrator;

/// Of one step: calls and lines of text that are shown while it runs.
constexpr size_t calls_shown = 3;
constexpr size_t text_shown = 4;

/// Lines of one step and how much they matter when there is little room.
struct row {
  enum class worth : uint8_t { text, call, pending, ended, live };
  line what;
  worth matters = worth::ended;
};

span symbol(step_state x) {
  switch (x) {
    case step_state::pending: return {"○", style::dim};
    case step_state::running: return {"●", style::cyan};
    case step_state::asking: return {"⏸", style::yellow};
    case step_state::waiting: return {"◌", style::cyan};
    case step_state::retrying: return {"↻", style::yellow};
    case step_state::suspended: return {"⏸", style::dim};
    case step_state::done: return {"✔", style::green};
    case step_state::failed: return {"✖", style::red};
    case step_state::skipped: return {"○", style::dim};
    case step_state::stopped: return {"✖", style::yellow};
  }
  return {"?"};
}

duration elapsed(timestamp from, timestamp to) {
  return std::max(duration{0}, std::chrono::duration_cast<duration>(to - from));
}

class picture {
public:
  picture(const run_view& what, size_t width, timestamp now)
      : what_(what), width_(width), now_(now) {}

  std::vector<row> rows() {
    special("@prepare");
    block("", 0);
    special("@publish");
    return std::move(rows_);
  }

private:
  void special(const std::string& id) {
    if (auto* there = find_step(what_, id);
        there && there->state != step_state::done)
      started(*there, 0);
  }

  /// The steps of the workflow itself or of a block.
  void block(const std::string& parent, size_t depth,
             const block_view* in = nullptr) {
    for (auto& x : what_.definition.steps) {
      if (x.parent.value_or("") != parent
          || x.block.value_or("") != (in ? in->name : ""))
        continue;
      auto* there = find_step(what_, in ? in->id + "." + x.id : x.id);
      if (!is_worth_showing(what_, x.id,
                            there ? there->state : step_state::pending))
        continue;
      if (there == nullptr) {
        pending(x, depth);
        continue;
      }
      started(*there, depth);
      if (depth < 8)
        for (auto& y : there->blocks)
          within(*there, y, depth + 1);
    }
  }

  void within(const step_view& owner, const block_view& in, size_t depth) {
    auto heading = in.number > 0 && owner.items > 0
                   ? "item " + std::to_string(in.number)
                 : in.name == failure_block ? "because it failed"
                 : in.name == undo_block    ? "undoing it"
                                            : std::string{};
    if (!heading.empty())
      rows_.push_back(
        {clip({{std::string(1 + 2 * depth, ' ')}, {heading, style::dim}},
              width_),
         row::worth::call});
    block(owner.step, heading.empty() ? depth : depth + 1, &in);
  }

  line head(step_state state, const std::string& title, size_t depth,
            style look) {
    return {
      {std::string(1 + 2 * depth, ' ')}, symbol(state), {" "}, {title, look}};
  }

  void pending(const step& x, size_t depth) {
    if (what_.end)
      return;
    auto title = first_line(x.title.value_or(x.id));
    rows_.push_back(
      {clip(head(step_state::pending, title, depth, style::dim), width_),
       row::worth::pending});
  }

  void started(const step_view& x, size_t depth) {
    auto skipped = x.state == step_state::skipped;
    auto look = skipped ? style::dim : x.ended ? style::plain : style::bold;
    auto left = head(x.state, x.title, depth, look);
    if (skipped)
      left.push_back({"  not needed", style::dim});
    if (auto more = progress(x); !more.empty())
      left.push_back({"  " + more, style::dim});
    if (x.attempt > 1)
      left.push_back({"  attempt " + std::to_string(x.attempt), style::yellow});
    rows_.push_back({spread(left, skipped ? line{} : right_of(x), width_),
                     x.ended ? row::worth::ended : row::worth::live});
    auto indent = std::string(3 + 2 * depth, ' ');
    if (!x.message.empty()
        && (x.state == step_state::failed || x.state == step_state::retrying))
      add(indent, {{why(x), style::red}}, row::worth::call);
    if (x.ended)
      return;
    auto first = x.calls.size() - std::min(x.calls.size(), calls_shown);
    for (auto i = first; i < x.calls.size(); ++i)
      add(indent, call_line(x.calls[i]), row::worth::call);
    auto room = width_ > indent.size() + 2 ? width_ - indent.size() - 2 : 1;
    // What a command writes has lines of its own, which mean something.
    for (auto& text : x.tail_is_output ? last_lines(x.tail, text_shown)
                                       : wrap_tail(x.tail, room, text_shown))
      add(indent, {{"│ ", style::dim}, {text, style::dim}}, row::worth::text);
  }

  static std::string progress(const step_view& x) {
    if (x.items > 0)
      return std::to_string(x.items_ended) + " of " + std::to_string(x.items);
    if (!x.blocks.empty() && x.blocks.back().number > 0)
      return "round " + std::to_string(x.blocks.back().number);
    return x.note;
  }

  std::string why(const step_view& x) const {
    if (!x.retry_at)
      return x.message;
    return x.message + "; next attempt in "
         + format_elapsed(elapsed(now_, *x.retry_at));
  }

  line right_of(const step_view& x) const {
    line result;
    if (!x.model.empty() && width_ >= 60) {
      result.push_back({label_of(what_, x.model), style::dim});
      result.push_back({at_right(costs::format_usd(x.cost), 9), style::dim});
    }
    auto time = format_elapsed(elapsed(x.started, x.ended.value_or(now_)));
    result.push_back({at_right(time, 6), style::dim});
    return result;
  }

  /// Two spaces and *x* at the right of *width* columns.
  static std::string at_right(const std::string& x, size_t width) {
    return std::string(2 + width - std::min(width, x.size()), ' ') + x;
  }

  static line call_line(const call_view& x) {
    line result;
    switch (x.state) {
      case call_state::running: result.push_back({"› ", style::cyan}); break;
      case call_state::done: result.push_back({"› ", style::green}); break;
      case call_state::failed: result.push_back({"› ", style::red}); break;
    }
    result.push_back({x.name});
    if (!x.detail.empty())
      result.push_back({" " + x.detail, style::dim});
    if (!x.outcome.empty() && x.state == call_state::failed)
      result.push_back({"  " + x.outcome, style::red});
    return result;
  }

  void add(const std::string& indent, line x, row::worth matters) {
    x.insert(x.begin(), span{indent});
    rows_.push_back({clip(x, width_), matters});
  }

  const run_view& what_;
  size_t width_;
  timestamp now_;
  std::vector<row> rows_;
};

/// Takes the least important rows away until *room* are left; of ended steps
/// the oldest first, of pending ones the last.
void shorten(std::vector<row>& rows, size_t room) {
  auto remove_first = [&](row::worth what) {
    for (size_t i = 0; i < rows.size() && rows.size() > room;)
      if (rows[i].matters == what)
        rows.erase(rows.begin() + static_cast<ptrdiff_t>(i));
      else
        ++i;
  };
  remove_first(row::worth::text);
  remove_first(row::worth::call);
  for (auto i = rows.size(); i > 0 && rows.size() > room; --i)
    if (rows[i - 1].matters == row::worth::pending)
      rows.erase(rows.begin() + static_cast<ptrdiff_t>(i - 1));
  remove_first(row::worth::ended);
  if (rows.size() > room)
    rows.resize(room);
}

line header(const run_view& what, size_t width) {
  auto title = first_line(what.created.title);
  line left{{title.empty() ? "TheMachine" : title, style::bold}};
  line right{{what.id, style::dim}};
  if (width >= 60)
    right.insert(
      right.begin(),
      span{first_line(what.created.workflow_name) + " · ", style::dim});
  return spread(left, right, width);
}

line footer(const run_view& what, size_t width, timestamp now) {
  size_t done = 0;
  size_t all = 0;
  for (auto& x : what.definition.steps) {
    auto* there = find_step(what, x.id);
    if (x.parent
        || !is_worth_showing(what, x.id,
                             there ? there->state : step_state::pending))
      continue;
    ++all;
    done += there && there->ended ? 1 : 0;
  }
  auto dot = span{" · ", style::dim};
  line result{{costs::format_usd(what.spent), style::bold},
              {" of " + costs::format_usd(what.created.budget), style::dim}};
  auto add = [&](std::string text, style look) {
    result.push_back(dot);
    result.push_back({std::move(text), look});
  };
  add(format_elapsed(elapsed(what.started, what.ended.value_or(now))),
      style::dim);
  if (all > 0)
    add(std::to_string(done) + " of " + std::to_string(all) + " steps",
        style::dim);
  auto busy = std::any_of(what.steps.begin(), what.steps.end(),
                          [](auto& x) { return !x.ended; });
  if (what.end)
    return clip(result, width);
  if (what.cancelling)
    add("cancelling", style::yellow);
  else if (what.paused)
    add("paused", style::yellow);
  else if (!what.questions.empty())
    add("waiting for an answer", style::yellow);
  else if (!busy && !what.doing.empty())
    add(what.doing, style::dim);
  return clip(result, width);
}

} // namespace

std::vector<line> live_lines(const run_view& what, terminal_size size,
                             timestamp now, const std::string& note) {
  // The cursor stands below the picture, and the last column of some
  // terminals wraps.
  auto width = std::max<size_t>(size.width, 11) - 1;
  auto height = std::max<size_t>(size.height, 4) - 1;
  auto rows = picture{what, width, now}.rows();
  auto roomy = height >= 10;
  shorten(rows, height - (roomy ? 4 : 2) - (note.empty() ? 0 : 1));
  std::vector<line> result;
  result.push_back(header(what, width));
  if (roomy)
    result.emplace_back();
  for (auto& x : rows)
    result.push_back(std::move(x.what));
  if (roomy)
    result.emplace_back();
  result.push_back(footer(what, width, now));
  if (!note.empty())
    result.push_back(clip({{first_line(note), style::yellow}}, width));
  return result;
}

} // namespace machine::cli
