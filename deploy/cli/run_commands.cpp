#include "deploy/cli/commands.hpp"
#include "deploy/cli/diff.hpp"
#include "deploy/cli/pages.hpp"
#include "deploy/cli/question.hpp"
#include "deploy/cli/text.hpp"
#include "deploy/cli/view.hpp"
#include "deploy/cli/watch.hpp"
#include "runtime/wire/wire.hpp"

#include <ostream>

namespace machine::cli {

namespace {

std::string path_of(const std::string& run, const std::string& more = {}) {
  return "/api/v1/runs/" + escape(run) + more;
}

style look_of(const std::string& state) {
  if (state == "done")
    return style::green;
  if (state == "failed")
    return style::red;
  if (state == "waiting" || state == "needs_reconcile" || state == "cancelled"
      || state == "cancelling")
    return style::yellow;
  return style::cyan;
}

void add_steps(const record& run, size_t width, std::vector<line>& out) {
  table steps{
    {{"step"}, {"state"}, {"kind"}, {"attempt", column::right}, {"message"}}};
  for (auto& x : run.list("activations"))
    steps.add({x.text("id"), x.text("state"), x.text("kind"), x.text("attempt"),
               x.text("message")});
  if (steps.empty())
    return;
  out.emplace_back();
  for (auto& x : steps.lines(width))
    out.push_back(std::move(x));
}

void add_questions(const record& run, const std::string& again,
                   std::vector<line>& out) {
  for (auto& x : run.list("interrupts")) {
    if (x.text("state") != "open")
      continue;
    out.emplace_back();
    out.push_back({{"⏸ " + x.text("id") + "  ", style::yellow},
                   {first_line(x.text("question")), style::bold}});
    auto question = x.text("question");
    for (auto at = question.find('\n'); at != std::string::npos;
         at = question.find('\n', at + 1))
      out.push_back(
        {{"  " + first_line(std::string_view{question}.substr(at + 1)),
          style::plain}});
    out.push_back({{"  answer it: themachine run answer " + run.text("id") + " "
                      + x.text("id") + " "
                      + answer_option({x.part("schema").json()}) + again,
                    style::dim}});
  }
}

void add_bill(const record& run, size_t width, std::vector<line>& out) {
  table bill{{{"model"},
              {"calls", column::right},
              {"in", column::right},
              {"cached", column::right},
              {"out", column::right},
              {"cost", column::right}}};
  for (auto& x : run.list("bill"))
    bill.add({x.text("model"), format_count(x.number("calls")),
              format_count(x.number("input")), format_count(x.number("cached")),
              format_count(x.number("output")), x.money("cost")});
  if (bill.empty())
    return;
  out.emplace_back();
  for (auto& x : bill.lines(width))
    out.push_back(std::move(x));
}

std::vector<line> describe(const record& run, const session& in) {
  auto width = in.width;
  std::vector<line> out;
  auto state = run.text("state");
  out.push_back({{first_line(run.text("title")), style::bold},
                 {"  "},
                 {first_line(state), look_of(state)}});
  std::string changes;
  if (!run.text("files_changed").empty())
    changes = run.text("files_changed") + " files, +" + run.text("lines_added")
            + " -" + run.text("lines_removed");
  auto place = run.text("queue_position");
  if (!place.empty())
    place = "number " + place + " in the queue of its project";
  for (auto& x :
       show_pairs({{"run", run.text("id")},
                   {"message", run.text("message")},
                   {"project", run.text("project")},
                   {"task", run.text("task")},
                   {"schedule", run.text("schedule")},
                   {"priority", run.text("priority")},
                   {"queued", place},
                   {"workflow", run.text("workflow")},
                   {"repository", run.text("repository")},
                   {"branch", run.text("branch")},
                   {"base", run.text("base")},
                   {"commit", run.text("commit")},
                   {"changes", changes},
                   {"spent", run.money("spent") + " of " + run.money("budget")},
                   {"began", run.time("created_at")},
                   {"ended", run.time("ended_at")},
                   {"archived", run.text("archived") == "true" ? "yes" : ""}}))
    out.push_back(std::move(x));
  add_questions(run, in.again, out);
  add_steps(run, width, out);
  add_bill(run, width, out);
  return out;
}

/// Asks something of a run, and says what came of it.
exit_code act(const session& in, const std::string& id, const std::string& how,
              const std::string& body, const std::string& outcome) {
  return with_machine(in, [&](const api_client& api) -> caf::error {
    auto sent = api.post(path_of(id, how), body);
    if (!sent)
      return std::move(sent.error());
    if (in.global.json)
      in.print_json(*sent);
    else
      in.say("run " + id + " " + outcome);
    return {};
  });
}

/// Makes a run of another one, and says its id.
exit_code beget(const session& in, const std::string& id,
                const std::string& how, std::string members,
                const std::optional<micro_usd>& budget) {
  if (budget)
    members += (members.empty() ? "" : ",") + std::string{R"("budget":)"}
             + std::to_string(*budget);
  return with_machine(in, [&](const api_client& api) -> caf::error {
    auto sent = api.post(path_of(id, how), "{" + members + "}");
    if (!sent)
      return std::move(sent.error());
    auto made = record::parse(std::move(*sent), "the run");
    if (!made)
      return std::move(made.error());
    if (in.global.json)
      in.print_json(made->json());
    else
      in.print({{{made->text("id")}}});
    return {};
  });
}

} // namespace

exit_code perform(const session& in, const run_list& what) {
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api,
      "/api/v1/runs"
        + query({{"state", what.state},
                 {"project", what.project},
                 {"archived", what.archived}}),
      what.limit,
      table{{{"run"},
             {"state"},
             {"spent", column::right},
             {"steps", column::right},
             {"began"},
             {"title"}}},
      [](const record& x) -> std::vector<std::string> {
        return {x.text("id"),
                x.text("state"),
                x.money("spent"),
                x.text("steps_done") + "/" + x.text("steps_total"),
                x.time("created_at"),
                x.text("title")};
      },
      what.archived == "true"
        ? "no run is archived"
        : "there are no runs; start one: themachine run \"what you want\"");
  });
}

exit_code perform(const session& in, const run_show& what) {
  return with_machine(in, [&](const api_client& api) -> caf::error {
    auto body = api.get(path_of(what.id));
    if (!body)
      return std::move(body.error());
    if (in.global.json) {
      in.print_json(*body);
      return {};
    }
    auto run = record::parse(std::move(*body), "run " + what.id);
    if (!run)
      return std::move(run.error());
    in.print(describe(*run, in));
    return {};
  });
}

exit_code perform(const session& in, const run_events& what) {
  if (what.follow) {
    signal_watch signals;
    machine_link machine{in, {}};
    if (auto problem = machine.connect(signals))
      return in.complain(problem);
    return watch(in, machine, signals, {.run = what.id, .after = what.after});
  }
  return with_machine(in, [&](const api_client& api) -> caf::error {
    // The earlier events say what the later ones mean.
    run_view view;
    view.id = what.id;
    view.again = in.again;
    std::string after = "0";
    for (;;) {
      auto body = api.get(path_of(what.id, "/events?limit=500&after=" + after));
      if (!body)
        return std::move(body.error());
      auto page = record::parse(std::move(*body), "events of run " + what.id);
      if (!page)
        return std::move(page.error());
      auto items = page->list("items");
      for (auto& x : items) {
        auto json = x.json();
        auto event = parse_event(json);
        if (!event)
          return with_context("events of run " + what.id, event.error());
        apply(view, *event);
        if (event->seq <= what.after)
          continue;
        if (in.global.json)
          in.print_json(json);
        else
          in.print(log_lines(view, *event));
      }
      auto last = std::to_string(view.last_seq);
      if (items.empty() || last == after)
        return {};
      after = last;
    }
  });
}

exit_code perform(const session& in, const run_cancel& what) {
  std::string body = R"({"undo":)";
  body += what.no_undo ? "false" : "true";
  if (!what.reason.empty())
    body += R"(,"reason":)" + wire::to_json(what.reason);
  return act(in, what.id, "/cancel", body + "}", "is being cancelled");
}

exit_code perform(const session& in, const run_fork& what) {
  return beget(in, what.id, "/fork",
               R"("at":")" + std::to_string(what.at) + "\"", what.budget);
}

exit_code perform(const session& in, const run_retry& what) {
  return beget(in, what.id, "/retry", "", what.budget);
}

exit_code perform(const session& in, const run_rerun& what) {
  return beget(in, what.id, "/rerun",
               R"("inputs":)" + wire::to_json(what.inputs), what.budget);
}

exit_code perform(const session& in, const run_pause& what) {
  return act(in, what.id, "/pause",
             R"({"reason":)" + wire::to_json(what.reason) + "}", "pauses");
}

exit_code perform(const session& in, const run_resume& what) {
  return act(in, what.id, "/resume", "{}", "goes on");
}

exit_code perform(const session& in, const run_archive& what) {
  return act(in, what.id, "/archive", "{}", "is archived");
}

exit_code perform(const session& in, const run_unarchive& what) {
  return act(in, what.id, "/unarchive", "{}", "is in the lists again");
}

exit_code perform(const session& in, const run_delete& what) {
  return with_machine(in, [&](const api_client& api) -> caf::error {
    auto sent = api.remove(path_of(what.id));
    if (!sent)
      return std::move(sent.error());
    if (in.global.json)
      in.print_json(*sent);
    else
      in.say("run " + what.id
             + " is erased; its branch, if it has one, and its charges in the "
               "ledger of its project stay");
    return {};
  });
}

exit_code perform(const session& in, const run_signal& what) {
  auto body = R"({"name":)" + wire::to_json(what.name) + R"(,"payload":)"
            + what.payload.text;
  if (what.key)
    body += R"(,"key":)" + wire::to_json(*what.key);
  return act(in, what.id, "/signals", body + "}", "has the signal");
}

exit_code perform(const session& in, const run_answer& what) {
  auto body = std::string{R"({"interrupt":)"}
            + (what.interrupt ? wire::to_json(*what.interrupt) : "null")
            + R"(,"answer":)" + what.answer.text + "}";
  return act(in, what.id, "/answers", body, "has its answer");
}

exit_code perform(const session& in, const run_diff& what) {
  return with_machine(in, [&](const api_client& api) -> caf::error {
    auto diff = api.get(path_of(what.id, "/diff"));
    if (!diff)
      return std::move(diff.error());
    if (in.is_terminal) {
      in.print(diff_lines(*diff));
      return {};
    }
    // Byte by byte: somebody may pipe it into `git apply`.
    in.to.out << *diff;
    in.to.out.flush();
    return {};
  });
}

} // namespace machine::cli
