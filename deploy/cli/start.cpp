#include "deploy/cli/start.hpp"

#include "actors/orchestrator/workflow/load.hpp"
#include "deploy/cli/commands.hpp"
#include "deploy/cli/new_run.hpp"
#include "deploy/cli/record.hpp"
#include "deploy/cli/repository.hpp"
#include "deploy/cli/terminal.hpp"
#include "deploy/cli/text.hpp"
#include "deploy/cli/watch.hpp"
#include "runtime/store/lock.hpp"
#include "runtime/wire/wire.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <thread>
#include <utility>

#include <poll.h>

namespace machine::cli {

namespace {

namespace fs = std::filesystem;

constexpr size_t max_title_bytes = 200;

/// How long `down` waits.
constexpr auto longest_stop = std::chrono::seconds{60};
constexpr auto doubtful_stop = std::chrono::seconds{15};

/// How long a machine that has given its store back may take to remove its
/// address; one that was killed in between never does.
constexpr auto last_breath = std::chrono::seconds{2};

bool is_file_name(const std::string& x) {
  return x.find('/') != std::string::npos || x.ends_with(".yaml")
      || x.ends_with(".yml") || x.ends_with(".json");
}

} // namespace

caf::error take_workflow(const run_start& what, new_run& to) {
  auto name = what.workflow.value_or("feature");
  if (!is_file_name(name)) {
    auto at = name.find('@');
    to.workflow_name = name.substr(0, at);
    if (at != name.npos) {
      auto end = name.data() + name.size();
      uint32_t version = 0;
      auto read = std::from_chars(name.data() + at + 1, end, version);
      if (read.ec != std::errc{} || read.ptr != end)
        return make_error(ec::invalid_argument,
                          "--workflow " + name.substr(0, 80)
                            + ": behind @ stands the number of a version");
      to.workflow_version = version;
    }
    to.inputs.emplace("what", json_text{wire::to_json(what.what)});
    return {};
  }
  auto graph = orchestrator::load_workflow_file(name);
  if (!graph)
    return std::move(graph.error());
  std::ifstream in{name, std::ios::binary};
  to.workflow = std::string{std::istreambuf_iterator<char>{in}, {}};
  to.workflow_file = name;
  to.workflow_name = graph->name;
  auto schema = record::parse(graph->inputs.text, "inputs");
  if (schema
      && !schema->part("properties").part("what").json().starts_with("{}"))
    to.inputs.emplace("what", json_text{wire::to_json(what.what)});
  return {};
}

namespace {

caf::error take_repository(const run_start& what, new_run& to) {
  std::error_code code;
  if (what.repository) {
    auto path = fs::canonical(*what.repository, code);
    if (code || !fs::is_directory(path, code))
      return make_error(ec::invalid_argument,
                        "there is no directory " + *what.repository
                          + "; --repo names a git repository");
    if (!is_repository(path.string()))
      return make_error(ec::invalid_argument,
                        path.string()
                          + " is no git repository; make one with `git init` "
                            "and commit something");
    to.repository = path.string();
    return {};
  }
  to.repository = repository_around(fs::current_path(code).string());
  // A workflow of the user's own may need none.
  if (!to.repository && !to.workflow)
    return make_error(ec::invalid_argument,
                      "this is no git repository; go to one, or name one with "
                      "--repo");
  return {};
}

} // namespace

caf::expected<new_run> request_of(const run_start& what) {
  new_run result;
  result.title = first_line(what.what);
  if (result.title.size() > max_title_bytes)
    result.title = clip(result.title, 100);
  result.inputs = what.inputs;
  result.budget = what.budget;
  result.model = what.model;
  result.project = what.project;
  result.task = what.task;
  result.priority = what.priority;
  if (!what.tags.empty())
    result.tags = what.tags;
  if (auto err = take_workflow(what, result))
    return err;
  if (auto err = take_repository(what, result))
    return err;
  return result;
}

namespace {

/// Says what to do if another machine has the store.
caf::error about_start(const session& in, caf::error why) {
  if (code_of(why) != ec::locked)
    return why;
  auto there = read_endpoint(in.data_dir);
  if (!there)
    return why;
  return make_error(ec::locked, message_of(why) + "; it serves at " + there->url
                                  + ", and `themachine down" + in.again
                                  + "` stops it");
}

exit_code submit(const session& in, const run_start& what, const new_run& body,
                 machine_link& machine, signal_watch& signals) {
  auto json = wire::to_json(body);
  auto answer = machine.api().post("/api/v1/runs", json);
  if (!answer && code_of(answer.error()) == ec::unavailable
      && !machine.is_own()) {
    // Nothing was sent: the machine of another command ended just now.
    if (auto problem = machine.connect(signals))
      return in.complain(problem);
    answer = machine.api().post("/api/v1/runs", json);
  }
  if (!answer)
    return in.complain(answer.error());
  auto made = record::parse(*answer, "the new run");
  if (!made)
    return in.complain(made.error());
  auto id = made->text("id");
  if (auto count = body.repository ? uncommitted_files(*body.repository) : 0)
    in.say(std::to_string(count)
           + (count == 1 ? " changed file is" : " changed files are")
           + " not committed, and so not part of the run");
  if (what.detach) {
    in.print_json(in.global.json ? *answer : id);
    return exit_code::ok;
  }
  return watch(in, machine, signals,
               {.run = id, .after = 0, .stop = on_stop::cancel});
}

} // namespace

exit_code start_run(const session& in, const run_start& what,
                    const machine_starter& start) {
  auto body = request_of(what);
  if (!body)
    return in.complain(body.error());
  // From here on Ctrl-C is a wish: a run that has begun is cancelled, or said
  // to go on, and not forgotten.
  signal_watch signals;
  machine_link machine{in, what.detach ? machine_starter{} : start};
  auto problem = machine.connect(signals);
  if (!problem && signals.take().stops())
    problem = make_error(ec::cancelled, "stopped before the run began");
  if (problem)
    return in.complain(problem);
  auto result = submit(in, what, *body, machine, signals);
  if (auto why = machine.stop())
    return in.complain(why);
  return result;
}

exit_code serve(const session& in, const machine_starter& start) {
  signal_watch signals;
  auto machine = start();
  if (!machine)
    return in.complain(about_start(in, std::move(machine.error())));
  if (in.global.json)
    in.print_json(R"({"url":)" + wire::to_json((*machine)->endpoint().url)
                  + "}");
  else
    in.say("a machine is up at " + (*machine)->endpoint().url
           + ", with everything it knows in " + in.data_dir
           + "; Ctrl-C stops it");
  if (auto key = (*machine)->take_first_key())
    in.say("the key of its administrator, shown this once: " + *key
           + "\nthemachine: keep it where you keep passwords; on this computer "
             "you need none, and `themachine principal create` lets others in");
  doorbell stopped;
  caf::error why;
  std::thread waiting{[&] {
    why = (*machine)->wait();
    stopped.ring();
  }};
  for (;;) {
    std::array<pollfd, 2> what{pollfd{signals.descriptor(), POLLIN, 0},
                               pollfd{stopped.descriptor(), POLLIN, 0}};
    static_cast<void>(::poll(what.data(), what.size(), -1));
    if ((what[1].revents & POLLIN) != 0)
      break;
    if (signals.take().stops()) {
      in.say("stopping; runs go on when a machine is up again");
      (*machine)->stop();
    }
  }
  waiting.join();
  machine->reset();
  if (why)
    return in.complain(why);
  in.say("stopped");
  return exit_code::ok;
}

exit_code perform(const session& in, const down_command&) {
  auto directory = in.data_dir + "/store";
  auto api = find_machine(in.http, in.data_dir);
  if (!api && !store::directory_lock::is_held(directory))
    return in.complain(api.error());
  endpoint was;
  if (auto there = read_endpoint(in.data_dir))
    was = std::move(*there);
  // A machine that is in a hurry to stop may hang up before it has answered,
  // and may then be gone when libcurl tries again.
  auto sent = api ? api->post("/api/v1/stop", "{}")
                  : caf::expected<std::string>{std::move(api.error())};
  auto maybe = !sent
            && (code_of(sent.error()) == ec::io_failed
                || code_of(sent.error()) == ec::unavailable);
  if (!sent && !maybe)
    return in.complain(sent.error());
  auto give_up =
    std::chrono::steady_clock::now() + (maybe ? doubtful_stop : longest_stop);
  auto is_free = false;
  while (std::chrono::steady_clock::now() < give_up) {
    auto there = read_endpoint(in.data_dir);
    // Only then is there room for the next one.
    if (!store::directory_lock::is_held(directory)) {
      if (!there || *there != was) {
        in.say("the machine is down; its runs go on when one is up again");
        return exit_code::ok;
      }
      if (!std::exchange(is_free, true))
        give_up = std::chrono::steady_clock::now() + last_breath;
    } else if (there && *there != was) {
      in.say("the machine is down, and another one is up at " + there->url);
      return exit_code::ok;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  if (is_free) {
    in.say("the machine is down; its runs go on when one is up again");
    return exit_code::ok;
  }
  if (!api)
    return in.complain(sent.error());
  return in.complain(make_error(
    ec::timeout, "the machine at " + was.url
                   + " was asked to stop and is still there; see its log"));
}

} // namespace machine::cli
