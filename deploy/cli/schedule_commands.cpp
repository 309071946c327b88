#include "deploy/cli/commands.hpp"
#include "deploy/cli/new_run.hpp"
#include "deploy/cli/pages.hpp"
#include "deploy/cli/text.hpp"
#include "deploy/cli/told.hpp"
#include "runtime/wire/text.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::cli {

namespace {

/// Of firings, as many as are shown.
constexpr size_t max_shown_firings = 10;

std::string schedules_of(const std::string& project,
                         const std::string& more = {}) {
  return "/api/v1/projects/" + escape(project) + "/schedules" + more;
}

template <class Command>
std::string path_to(const Command& what, const std::string& more = {}) {
  return schedules_of(what.project, "/" + escape(what.name) + more);
}

/// Members of a JSON object, one after the other.
class members {
public:
  void add(const std::string& name, const std::string& json) {
    text_ += (text_.empty() ? "" : ",") + wire::to_json(name) + ":" + json;
  }

  template <class T>
  void add(const std::string& name, const std::optional<T>& value) {
    if (value)
      add(name, wire::to_json(*value));
  }

  bool empty() const {
    return text_.empty();
  }

  std::string object() const {
    return "{" + text_ + "}";
  }

private:
  std::string text_;
};

void add_times(const schedule_times& x, members& to) {
  to.add("cron", x.cron);
  to.add("zone", x.zone);
  to.add("overlap", x.overlap);
  to.add("catch_up_window", x.catch_up_window);
  to.add("catch_up", x.catch_up);
  to.add("starts_at", x.starts_at);
  to.add("ends_at", x.ends_at);
}

std::string count_of(const record& x, const char* name, const char* what) {
  return x.text(name) + " " + what;
}

void add_rows(const table& from, size_t width, std::vector<line>& to) {
  if (from.empty())
    return;
  to.emplace_back();
  for (auto& row : from.lines(width))
    to.push_back(std::move(row));
}

std::vector<line> describe_schedule(const record& x, size_t width) {
  std::vector<line> out{{{first_line(x.text("title")), style::bold},
                         {"  " + first_line(x.text("state")), style::cyan}}};
  auto history = count_of(x, "begun_count", "begun, ")
               + count_of(x, "skipped_count", "skipped");
  for (auto& pair : show_pairs({{"schedule", x.text("name")},
                                {"project", x.text("project")},
                                {"paused", x.text("pause_reason")},
                                {"cron", x.text("cron")},
                                {"zone", x.text("zone")},
                                {"overlap", x.text("overlap")},
                                {"starts at", x.time("starts_at")},
                                {"ends at", x.time("ends_at")},
                                {"workflow", x.text("workflow")},
                                {"repository", x.text("repository")},
                                {"model", x.text("model")},
                                {"budget", x.money("budget")},
                                {"priority", x.text("priority")},
                                {"firings", history},
                                {"next", x.time("next")},
                                {"waiting", x.time("waiting")}}))
    out.push_back(std::move(pair));
  table firings{{{"due"}, {"run"}, {"why"}, {"state"}, {"message"}}};
  auto all = x.list("firings");
  for (size_t i = 0; i < std::min(all.size(), max_shown_firings); ++i) {
    auto& y = all[i];
    auto result = y.text("result");
    firings.add({y.time("due"), y.text("run"), y.text("cause"),
                 !result.empty()       ? result
                 : y.truth("stopping") ? "stopping"
                                       : "begun",
                 y.text("message")});
  }
  add_rows(firings, width, out);
  table skipped{{{"skipped"}, {"count", column::right}, {"why"}}};
  for (auto& y : x.list("skipped"))
    skipped.add({y.time("last"),
                 y.text("count") + (y.truth("more") ? " or more" : ""),
                 y.text("reason")});
  add_rows(skipped, width, out);
  return out;
}

/// Asks something of a schedule, and says what came of it.
template <class Command>
exit_code act_on(const session& in, const Command& what, const std::string& how,
                 const std::string& body, const std::string& outcome) {
  return with_machine(in, [&](const api_client& api) -> caf::error {
    auto sent = api.post(path_to(what, how), body);
    if (!sent)
      return std::move(sent.error());
    if (in.global.json)
      in.print_json(*sent);
    else
      in.say("schedule " + what.name + " " + outcome);
    return {};
  });
}

} // namespace

exit_code perform(const session& in, const schedule_add& what) {
  auto run = request_of(what.run);
  if (!run)
    return in.complain(run.error());
  auto project = run->project.value_or("default");
  members body;
  body.add("name", wire::to_json(what.name));
  add_times(what.times, body);
  body.add("run", wire::to_json(*run));
  return with_machine(in, [&](const api_client& api) {
    return told(
      in, api.post(schedules_of(project), body.object()), "the new schedule",
      [&](const record& x) { return describe_schedule(x, in.width); });
  });
}

exit_code perform(const session& in, const schedule_list& what) {
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api, schedules_of(what.project), what.limit,
      table{{{"schedule"},
             {"state"},
             {"cron"},
             {"zone"},
             {"next"},
             {"at work", column::right},
             {"last result"},
             {"title"}}},
      [](const record& x) -> std::vector<std::string> {
        return {x.text("name"),        x.text("state"), x.text("cron"),
                x.text("zone"),        x.time("next"),  x.text("running"),
                x.text("last_result"), x.text("title")};
      },
      "there are no schedules; make one: themachine schedule add NAME \"what "
      "you want\" --cron \"0 3 * * *\"");
  });
}

exit_code perform(const session& in, const schedule_show& what) {
  return with_machine(in, [&](const api_client& api) {
    return told(
      in, api.get(path_to(what)), "schedule " + what.name,
      [&](const record& x) { return describe_schedule(x, in.width); });
  });
}

exit_code perform(const session& in, const schedule_edit& what) {
  members run;
  run.add("title", what.title);
  run.add("budget", what.budget);
  run.add("model", what.model);
  run.add("priority", what.priority);
  if (!what.inputs.empty())
    run.add("inputs", wire::to_json(what.inputs));
  if (what.workflow) {
    run_start other;
    other.workflow = what.workflow;
    new_run read;
    if (auto err = take_workflow(other, read))
      return in.complain(err);
    run.add("workflow", read.workflow);
    run.add("workflow_name", read.workflow_name);
    run.add("workflow_version", read.workflow_version);
    run.add("workflow_file", read.workflow_file);
  }
  members body;
  add_times(what.times, body);
  if (what.no_start)
    body.add("starts_at", std::string{"null"});
  if (what.no_end)
    body.add("ends_at", std::string{"null"});
  if (!run.empty())
    body.add("run", run.object());
  return with_machine(in, [&](const api_client& api) {
    return told(
      in, api.patch(path_to(what), body.object()), "schedule " + what.name,
      [&](const record& x) { return describe_schedule(x, in.width); });
  });
}

exit_code perform(const session& in, const schedule_pause& what) {
  return act_on(in, what, "/pause",
                R"({"reason":)" + wire::to_json(what.reason) + "}", "pauses");
}

exit_code perform(const session& in, const schedule_resume& what) {
  return act_on(in, what, "/resume", "{}", "fires again");
}

exit_code perform(const session& in, const schedule_delete& what) {
  return with_machine(in, [&](const api_client& api) -> caf::error {
    auto sent = api.remove(path_to(what));
    if (!sent)
      return std::move(sent.error());
    if (in.global.json)
      in.print_json(*sent);
    else
      in.say("schedule " + what.name + " is deleted; its runs go on");
    return {};
  });
}

exit_code perform(const session& in, const schedule_trigger& what) {
  return with_machine(in, [&](const api_client& api) {
    return told(in, api.post(path_to(what, "/trigger"), "{}"),
                "schedule " + what.name, [&](const record& x) {
                  auto run = x.text("run");
                  if (run.empty())
                    in.say("it begins when the run at work has ended");
                  return run.empty() ? std::vector<line>{}
                                     : std::vector<line>{{{run}}};
                });
  });
}

} // namespace machine::cli
