#include "gateway/mcp/offer/tool.hpp"

#include <algorithm>

namespace machine::gateway::mcp {

namespace {

tool_argument project() {
  return {"project", "id", "The project; \"default\" if left out", "default"};
}

tool_argument task() {
  return {"task", "task", "The task, as in t-17", std::nullopt};
}

tool_argument run() {
  return {"run", "id", "The run, as in r-86s7q2p9w00rfjgf", std::nullopt};
}

constexpr const char* about_money =
  "In millionths of a US dollar: 500000 is $0.50";

constexpr const char* tasks = "/api/v1/projects/{id}/tasks";
constexpr const char* one_task = "/api/v1/projects/{id}/tasks/{task}";
constexpr const char* one_run = "/api/v1/runs/{id}";

std::vector<tool> task_tools() {
  return {
    {"create_task",
     "Write down a task",
     "Adds a task to a project. It is not begun by that: start_run does it.",
     "POST",
     tasks,
     effect::adds,
     {project()},
     {},
     {{"title", "What is to be done, in one line"},
      {"priority", "0 to 9; 9 is the most urgent"},
      {"parent", "The task that this is a part of"},
      {"depends_on", "Tasks that have to be done first"}}},
    {"list_tasks",
     "List tasks",
     "The tasks of a project, the most urgent first, a page at a time.",
     "GET",
     tasks,
     effect::none,
     {project()},
     {},
     {}},
    {"get_task",
     "Look at a task",
     "A task with its comments, labels and what it depends on.",
     "GET",
     one_task,
     effect::none,
     {project(), task()},
     {},
     {}},
    {"update_task",
     "Change a task",
     "Changes the title, description, state, priority or labels of a task; "
     "what is left out stays.",
     "PATCH",
     one_task,
     effect::sets,
     {project(), task()},
     {"title", "description", "state", "priority", "add_labels",
      "remove_labels"},
     {}},
    {"depend_task",
     "Have a task depend on others",
     "Adds or removes tasks that have to be done before this one.",
     "PATCH",
     one_task,
     effect::sets,
     {project(), task()},
     {"add_depends", "remove_depends"},
     {{"add_depends", "Tasks that it is to wait for"},
      {"remove_depends", "Tasks that it need not wait for any more"}}},
    {"comment_task",
     "Comment on a task",
     "Adds a comment to a task.",
     "POST",
     std::string{one_task} + "/comments",
     effect::adds,
     {project(), task()},
     {},
     {}}};
}

std::vector<tool> run_tools() {
  return {
    {"start_run",
     "Start a run",
     "Has agents do something: write code, test it, repair it. It goes on by "
     "itself and costs money, at most its budget; get_run says how far it is. "
     "Without a workflow it is the one called feature.",
     "POST",
     "/api/v1/runs",
     effect::adds,
     {},
     {"title", "workflow", "workflow_name", "inputs", "repository", "budget",
      "model", "project", "task", "priority"},
     {{"title", "What is to be done"},
      {"workflow", "A workflow of your own, as YAML or JSON"},
      {"workflow_name",
       "A workflow that comes with the machine, or that the project has"},
      {"inputs", "An object with what the workflow asks for"},
      {"repository", "The git repository, as a path on the machine"},
      {"model", "Which model; list_models says what there is"},
      {"task", "The task that this is done for"},
      {"budget", about_money}}},
    {"list_runs",
     "List runs",
     "Runs, the newest first, a page at a time.",
     "GET",
     "/api/v1/runs",
     effect::none,
     {},
     {},
     {}},
    {"get_run",
     "Look at a run",
     "How far a run is: its state, steps, open questions (interrupts), what it "
     "has spent and what has come of it.",
     "GET",
     one_run,
     effect::none,
     {run()},
     {},
     {}},
    {"get_run_events",
     "Read the log of a run",
     "What has happened in a run, in order, after the event with the number "
     "\"after\".",
     "GET",
     std::string{one_run} + "/events",
     effect::none,
     {run()},
     {},
     {}},
    {"answer_run",
     "Answer a question of a run",
     "Answers a question that a run waits for, such as whether to go on.",
     "POST",
     std::string{one_run} + "/answers",
     effect::adds,
     {run()},
     {},
     {{"interrupt", "The question's id; may be left out if there is just one"},
      {"answer",
       R"(What the question asks for; {"approved":true} for a yes)"}}},
    {"cancel_run",
     "Cancel a run",
     "Asks a run to end. It cannot be taken back.",
     "POST",
     std::string{one_run} + "/cancel",
     effect::ends,
     {run()},
     {},
     {{"undo",
       "Whether its steps are undone where they say how; usually yes"}}},
  };
}

std::vector<tool> other_tools() {
  return {
    {"list_models",
     "List models",
     "The models that can be asked, with their prices, and why one cannot be "
     "used now.",
     "GET",
     "/api/v1/models",
     effect::none,
     {},
     {},
     {}},
    {"list_projects",
     "List projects",
     "The projects with what they have spent.",
     "GET",
     "/api/v1/projects",
     effect::none,
     {},
     {},
     {}},
    {"get_budget",
     "Look at a budget",
     "A project with its budget, what is spent and set aside of it, and the "
     "runs that wait. Money is in millionths of a US dollar.",
     "GET",
     "/api/v1/projects/{id}",
     effect::none,
     {project()},
     {},
     {}},
    {"list_charges",
     "List what was spent",
     "What the runs of a project have spent, call by call, a page at a time. "
     "Money is in millionths of a US dollar.",
     "GET",
     "/api/v1/projects/{id}/ledger",
     effect::none,
     {project()},
     {},
     {}}};
}

} // namespace

std::vector<tool> machine_tools() {
  auto result = task_tools();
  for (auto& more : {run_tools(), other_tools()})
    result.insert(result.end(), more.begin(), more.end());
  std::sort(result.begin(), result.end(),
            [](auto& x, auto& y) { return x.name < y.name; });
  return result;
}

} // namespace machine::gateway::mcp
