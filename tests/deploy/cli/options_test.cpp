#include "deploy/cli/options.hpp"

#include "tests/support/directory.hpp"
#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace machine;
using namespace machine::cli;

namespace {

using words = std::vector<std::string>;
using test::has;

std::variant<parsed_options, message_to_user> parse(words rest) {
  rest.insert(rest.begin(), "themachine");
  return parse_options(rest);
}

template <class T>
T command_of(words rest) {
  auto x = parse(std::move(rest));
  if (auto* message = std::get_if<message_to_user>(&x))
    FAIL(message->text);
  auto* result = std::get_if<T>(&std::get<parsed_options>(x).what);
  if (result == nullptr)
    FAIL("another command");
  return *result;
}

message_to_user message_of(words rest) {
  auto x = parse(std::move(rest));
  auto* result = std::get_if<message_to_user>(&x);
  if (result == nullptr)
    FAIL("it was understood");
  return *result;
}

std::string problem(words rest) {
  auto x = message_of(std::move(rest));
  CHECK(x.exit_code == 2);
  return x.text;
}

} // namespace

TEST_CASE("a run is understood with all its options") {
  auto x = command_of<run_start>(
    {"run",     "--repo",        "/src/shop", "Add a page", "--workflow",
     "w.yaml",  "--budget",      "0.50",      "--model",    "gpt-4.1",
     "--input", "max_repairs=5", "--input",   "name=Ann",   "--project",
     "p",       "--task",        "t-1",       "--approve",  "--detach"});
  CHECK(x.what == "Add a page");
  CHECK(x.repository == "/src/shop");
  CHECK(x.workflow == "w.yaml");
  CHECK(x.budget == 500'000);
  CHECK(x.model == "gpt-4.1");
  CHECK(x.project == "p");
  CHECK(x.task == "t-1");
  CHECK(x.detach);
  CHECK(x.inputs.at("max_repairs").text == "5");
  CHECK(x.inputs.at("name").text == "\"Ann\"");
  CHECK(x.inputs.at("approve").text == "true");
}

TEST_CASE("options may stand before and after what is wanted") {
  CHECK(command_of<run_start>({"run", "Do this thing", "--budget", "$2"}).budget
        == 2'000'000);
  auto x = parse({"--json", "--data-dir", "/d", "run", "list"});
  auto* parsed = std::get_if<parsed_options>(&x);
  REQUIRE(parsed);
  CHECK(parsed->global.json);
  CHECK(parsed->global.data_dir == "/d");
  auto y = parse({"run", "list", "--json", "--data-dir", "/d"});
  parsed = std::get_if<parsed_options>(&y);
  REQUIRE(parsed);
  CHECK(parsed->global.json);
  CHECK(parsed->global.data_dir == "/d");
}

TEST_CASE("an input can be a file's text") {
  test::temporary_directory dir;
  std::ofstream{dir / "x"} << "line \"one\"\n";
  auto x = command_of<run_start>(
    {"run", "Do this thing", "--input", "a=@" + dir / "x"});
  CHECK(x.inputs.at("a").text == R"("line \"one\"\n")");
  CHECK(has(problem({"run", "Do this", "--input", "a=@/no/such/file"}),
            "cannot read /no/such/file"));
  CHECK(has(problem({"run", "Do this", "--input", "a=@" + dir.path()}),
            "cannot read " + dir.path()));
}

TEST_CASE("every command below run is understood") {
  auto list = command_of<run_list>({"run", "list", "--state", "failed"});
  CHECK(list.state == "failed");
  CHECK(command_of<run_show>({"run", "show", "r-1"}).id == "r-1");
  auto events =
    command_of<run_events>({"run", "events", "r-1", "-f", "--after", "17"});
  CHECK(events.follow);
  CHECK(events.after == 17);
  auto cancel =
    command_of<run_cancel>({"run", "cancel", "r-1", "--reason", "no"});
  CHECK(cancel.reason == "no");
  CHECK(command_of<run_diff>({"run", "diff", "r-1"}).id == "r-1");
  auto answer = command_of<run_answer>(
    {"run", "answer", "r-1", "approval", "--yes", "--comment", "good"});
  CHECK(answer.interrupt == "approval");
  CHECK(answer.answer.text == R"({"approved":true,"comment":"good"})");
  answer = command_of<run_answer>({"run", "answer", "r-1", "--value", "[1]"});
  CHECK(!answer.interrupt);
  CHECK(answer.answer.text == "[1]");
}

TEST_CASE("every other command is understood") {
  command_of<up_command>({"up"});
  command_of<down_command>({"down"});
  auto task =
    command_of<task_add>({"task", "add", "Write it", "--label", "a", "--label",
                          "b", "--depends-on", "t-1", "--priority", "3"});
  CHECK(task.title == "Write it");
  CHECK(task.labels == words{"a", "b"});
  CHECK(task.depends_on == words{"t-1"});
  CHECK(task.priority == 3);
  CHECK(command_of<task_list>({"task", "list", "--state", "open"}).state
        == "open");
  CHECK(command_of<task_show>({"task", "show", "t-1", "--project", "p"}).project
        == "p");
  auto edit = command_of<task_edit>(
    {"task", "edit", "t-1", "--state", "done", "--add-label", "x"});
  CHECK(edit.state == "done");
  CHECK(edit.add_labels == words{"x"});
  CHECK(command_of<task_comment>({"task", "comment", "t-1", "Hello"}).text
        == "Hello");
  CHECK(
    command_of<project_add>({"project", "add", "shop", "--budget", "5"}).budget
    == 5'000'000);
  CHECK(command_of<project_add>({"project", "add", "shop", "--max-runs", "2"})
          .max_runs
        == 2u);
  auto set = command_of<project_set>(
    {"project", "set", "shop", "--budget", "5", "--no-max-runs"});
  CHECK(set.budget == 5'000'000);
  CHECK(set.no_max_runs);
  CHECK(!set.max_runs);
  CHECK(has(problem({"project", "set", "shop"}), "what is to change"));
  CHECK(
    has(problem({"project", "set", "shop", "--max-runs", "0"}), "--max-runs"));
  problem({"project", "set", "shop", "--max-runs", "1", "--no-max-runs"});
  problem({"project", "set", "shop", "--budget", "1", "--no-budget"});
  command_of<project_list>({"project", "list"});
  CHECK(command_of<project_show>({"project", "show", "shop"}).id == "shop");
  CHECK(command_of<project_ledger>({"project", "ledger", "shop"}).id == "shop");
  command_of<model_list>({"model", "list"});
  CHECK(command_of<model_show>({"model", "show", "gpt/x"}).id == "gpt/x");
  auto taken = command_of<model_import>(
    {"model", "import", "list.json", "--provider", "groq", "--provider", "xai",
     "--only", "grok-*", "--into", "mine.toml", "--dry-run"});
  CHECK(taken.file == "list.json");
  CHECK(taken.providers == std::vector<std::string>{"groq", "xai"});
  CHECK(taken.only == "grok-*");
  CHECK(taken.into == "mine.toml");
  CHECK(taken.dry_run);
  auto listed = command_of<decision_list>(
    {"model", "decisions", "--model", "gpt", "--of-key", "k", "--limit", "5"});
  CHECK(listed.model == "gpt");
  CHECK(listed.key == "k");
  CHECK(listed.limit == 5);
  CHECK(command_of<decision_explain>({"model", "explain", "d-1"}).id == "d-1");
  auto replayed =
    command_of<decision_replay>({"model", "replay", "--policy", "night.toml",
                                 "--since", "7d", "--principal", "ada"});
  CHECK(replayed.policy == "night.toml");
  CHECK(replayed.since);
  CHECK(replayed.principal == "ada");
  CHECK(replayed.limit == 10'000);
  problem({"model", "explain"});
  problem({"model", "replay"});
  problem({"model", "replay", "--policy", "x", "--limit", "0"});
  CHECK(command_of<workflow_check>({"workflow", "check", "w.yaml"}).file
        == "w.yaml");
  CHECK(command_of<config_show>({"config", "show", "--origin"}).origin);
  CHECK(!command_of<config_check>({"config", "check"}).file);
  command_of<config_example>({"config", "example"});
  command_of<sandbox_check>({"sandbox", "check"});
  command_of<store_verify>({"store", "verify"});
  CHECK(command_of<store_backup>({"store", "backup", "/b"}).to == "/b");
}

TEST_CASE("settings are collected by key") {
  auto x = parse({"up", "--set", "run.budget=1", "--set", "a.b=c=d"});
  auto* parsed = std::get_if<parsed_options>(&x);
  REQUIRE(parsed);
  CHECK(
    parsed->global.settings
    == std::map<std::string, std::string>{{"a.b", "c=d"}, {"run.budget", "1"}});
}

TEST_CASE("help and version are said where they are asked for") {
  auto version = message_of({"--version"});
  CHECK(version.exit_code == 0);
  CHECK(version.text.starts_with("themachine "));
  auto help = message_of({"--help"});
  CHECK(help.exit_code == 0);
  CHECK(has(help.text, "run"));
  auto deep = message_of({"task", "add", "--help"});
  CHECK(deep.exit_code == 0);
  CHECK(has(deep.text, "Usage: themachine task add [OPTIONS]"));
  CHECK(has(deep.text, "--depends-on"));
}

TEST_CASE("what is not understood is a usage error that helps") {
  CHECK(has(problem({}), "themachine --help"));
  CHECK(has(problem({"rnu"}), "did you mean run?"));
  CHECK(has(problem({"run", "Do this", "--budgte", "1"}),
            "did you mean --budget?"));
  CHECK(has(problem({"run"}), "say what you want"));
  CHECK(has(problem({"run", "  "}), "say what you want"));
  CHECK(has(problem({"run", "lsit"}), "themachine run list"));
  CHECK(has(problem({"run", "Do this", "--budget", "much"}), "--budget"));
  for (auto* amount : {"-1", "1e9", "0.0000001", "", "1,5", "99999999999"})
    CHECK(has(problem({"run", "Do this", "--budget", amount}),
              "is no amount of dollars"));
  CHECK(has(problem({"project", "add", "p", "--budget", ""}),
            "is no amount of dollars"));
  for (auto* name : {"--repo", "--workflow", "--model", "--project", "--task",
                     "--data-dir", "--config"})
    CHECK(has(problem({"run", "Do this", name, ""}),
              std::string{name} + ": it is empty"));
  CHECK(has(problem({"run", "add", "a", "page"}), "in quotes"));
  CHECK(has(problem({"run", "show", "r-1", "r-2"}), "r-2"));
  CHECK(has(problem({"run", "Do this", "--input", "x"}), "name=value"));
  CHECK(has(problem({"run", "Do this", "--input", "x=1", "--input", "x=2"}),
            "twice"));
  CHECK(has(problem({"run", "show"}), "id"));
  CHECK(has(problem({"run", "Do this", "show", "r-1"}), "Do this"));
  CHECK(!problem({"run", "answer", "r-1"}).empty());
  CHECK(!problem({"run", "answer", "r-1", "--yes", "--no"}).empty());
  CHECK(has(problem({"run", "answer", "r-1", "--value", "{"}), "no JSON"));
  CHECK(!problem({"task", "list", "--state", "closed"}).empty());
  CHECK(!problem({"run", "list", "--limit", "0"}).empty());
  CHECK(!problem({"task"}).empty());
}

TEST_CASE("what names nothing is refused before it becomes an address") {
  for (const char* id : {"", ".", ".."}) {
    CAPTURE(id);
    CHECK(has(problem({"run", "show", id}), "lists show what there is"));
    CHECK(has(problem({"task", "show", "t-1", "--project", id}), "--project"));
    CHECK(has(problem({"schedule", "show", id}), "lists show"));
  }
  for (const char* at : {"0", "-1", "18446744073709551616", "9007199254740993"})
    CHECK(has(problem({"run", "fork", "r-1", "--at", at}), at));
}

TEST_CASE("what is told to a run, and made of it, is understood") {
  auto told = command_of<run_signal>(
    {"run", "signal", "r-1", "go", "--payload", "7", "--key", "k"});
  CHECK(told.name == "go");
  CHECK(told.payload.text == "7");
  CHECK(told.key == "k");
  CHECK(
    command_of<run_signal>({"run", "signal", "r-1", "go", "--payload", "now"})
      .payload.text
    == "\"now\"");
  auto fork =
    command_of<run_fork>({"run", "fork", "r-1", "--at", "9", "--budget", "2"});
  CHECK(fork.at == 9);
  CHECK(fork.budget == 2'000'000);
  CHECK(command_of<run_retry>({"run", "retry", "r-1", "--budget", "3"}).budget
        == 3'000'000);
  auto again = command_of<run_rerun>(
    {"run", "rerun", "r-1", "--input", "a=1", "--budget", "4"});
  CHECK(again.inputs.at("a").text == "1");
  CHECK(again.budget == 4'000'000);
  CHECK(command_of<run_cancel>({"run", "cancel", "r-1", "--no-undo"}).no_undo);
}

TEST_CASE("workflows of a project are understood with all their options") {
  auto made = command_of<workflow_publish>(
    {"workflow", "publish", "f.yaml", "--note", "faster", "--project", "p"});
  CHECK(made.file == "f.yaml");
  CHECK(made.note == "faster");
  CHECK(made.project == "p");
  CHECK(command_of<workflow_list>({"workflow", "list"}).project == "default");
  CHECK(command_of<workflow_versions>({"workflow", "versions", "w"}).name
        == "w");
  auto text =
    command_of<workflow_text>({"workflow", "text", "w", "--version", "3"});
  CHECK(text.name == "w");
  CHECK(text.version == 3u);
  CHECK(!command_of<workflow_text>({"workflow", "text", "w"}).version);
  CHECK(command_of<workflow_withdraw>({"workflow", "withdraw", "w"}).name
        == "w");
  CHECK(has(problem({"workflow", "publish"}), "file"));
  CHECK(has(problem({"workflow", "text", "w", "--version", "x"}), "--version"));
}

TEST_CASE("schedules are understood with all their options") {
  auto made = command_of<schedule_add>({"schedule",
                                        "add",
                                        "nightly",
                                        "Do it",
                                        "--cron",
                                        "0 3 * * *",
                                        "--zone",
                                        "Europe/Berlin",
                                        "--overlap",
                                        "queue_one",
                                        "--catch-up-window",
                                        "2h",
                                        "--catch-up",
                                        "3",
                                        "--starts-at",
                                        "2027-01-01T00:00:00Z",
                                        "--ends-at",
                                        "2028-01-01T00:00:00Z",
                                        "--project",
                                        "p",
                                        "--budget",
                                        "0.5",
                                        "--priority",
                                        "4",
                                        "--approve"});
  CHECK(made.name == "nightly");
  CHECK(made.run.what == "Do it");
  CHECK(made.run.project == "p");
  CHECK(made.run.budget == 500'000);
  CHECK(made.run.priority == 4u);
  CHECK(made.run.inputs.at("approve").text == "true");
  CHECK(made.times.cron == "0 3 * * *");
  CHECK(made.times.zone == "Europe/Berlin");
  CHECK(made.times.overlap == "queue_one");
  CHECK(made.times.catch_up_window == duration{7'200'000});
  CHECK(made.times.catch_up == 3u);
  CHECK(made.times.starts_at < made.times.ends_at);
  auto edit = command_of<schedule_edit>(
    {"schedule", "edit", "nightly", "--cron", "@daily", "--no-end", "--budget",
     "1", "--input", "a=1", "--project", "p"});
  CHECK(edit.project == "p");
  CHECK(edit.no_end);
  CHECK(edit.budget == 1'000'000);
  CHECK(edit.inputs.at("a").text == "1");
  CHECK(command_of<schedule_list>({"schedule", "list"}).project == "default");
  CHECK(command_of<schedule_show>({"schedule", "show", "n"}).name == "n");
  CHECK(command_of<schedule_pause>({"schedule", "pause", "n", "--reason", "x"})
          .reason
        == "x");
  CHECK(command_of<schedule_resume>({"schedule", "resume", "n"}).name == "n");
  CHECK(command_of<schedule_delete>({"schedule", "delete", "n"}).name == "n");
  CHECK(command_of<schedule_trigger>({"schedule", "trigger", "n"}).name == "n");
  CHECK(has(problem({"schedule", "add", "n", "Do it"}), "--cron"));
  CHECK(has(problem({"schedule", "edit", "n", "--catch-up-window", "soon"}),
            "no duration"));
  CHECK(
    has(problem({"schedule", "edit", "n", "--ends-at", "soon"}), "no instant"));
  CHECK(
    has(problem({"schedule", "edit", "n", "--overlap", "maybe"}), "--overlap"));
  CHECK(command_of<run_start>({"run", "Do it", "--priority", "9"}).priority
        == 9u);
  CHECK(has(problem({"run", "Do it", "--priority", "10"}), "--priority"));
}

TEST_CASE("any route can be named") {
  auto x = command_of<api_request>(
    {"api", "POST", "runs/r-1/cancel", "--data", "{}", "--header",
     "X-Tenant: acme", "--header", "If-Match: \"3\"", "--include"});
  CHECK(x.method == "POST");
  CHECK(x.path == "/api/v1/runs/r-1/cancel");
  CHECK(x.data == "{}");
  CHECK(x.headers == words{"X-Tenant: acme", "If-Match: \"3\""});
  CHECK(x.include);
  auto alone = command_of<api_request>({"api", "/metrics"});
  CHECK(alone.method == "GET");
  CHECK(alone.path == "/metrics");
  command_of<api_list>({"api"});
  command_of<mcp_command>({"mcp"});
}

TEST_CASE("what is no request is refused before it is sent") {
  CHECK(has(problem({"api", "get", "runs"}), "\"get\" is no method"));
  CHECK(has(problem({"api", "GET", "runs of mine"}), "is no path"));
  CHECK(has(problem({"api", "GET", "runs\r\nX: y"}), "is no path"));
  CHECK(has(problem({"api", "runs", "--header", "X"}), "is no header"));
  CHECK(
    has(problem({"api", "runs", "--header", "X: y\r\nZ: w"}), "is no header"));
}
