#include "actors/node/actors.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "runtime/supervisor/door.hpp"
#include "tests/support/machine_under_test.hpp"

#include <caf/send.hpp>

#include <catch2/catch.hpp>

#include <fstream>
#include <future>
#include <set>

using namespace machine;
using namespace machine::orchestrator;

namespace {

constexpr const char* script = R"(
tokens_per_second: 100000
rules:
  - when: {user: "Plan it"}
    say: '{"steps": ["change the greeting"]}'
  - when: {system: "senior software developer", turn: 0}
    say: Let me look.
    call: [{name: read_file, arguments: {path: greeting}}]
  - when: {system: "senior software developer", turn: 1}
    call:
      - name: patch_file
        arguments: {path: greeting, edits: [{old: hello, new: good day}]}
      - name: run_command
        arguments: {command: cat greeting}
  - when: {system: "senior software developer", turn: 2, last: good day}
    call: [{name: finish, arguments: {summary: Changed it., tests: None.}}]
  - when: {user: "Never answer"}
    hang: true
)";

constexpr const char* job = R"(
name: job
steps:
  - id: plan
    model:
      prompt: Plan it
      model: demo
      output: {type: object, required: [steps]}
  - id: write
    needs: [plan]
    agent: {role: code, prompt: "${{ .steps.plan.output.steps[0] }}", model: demo}
  - id: check
    needs: [write]
    command: grep -q "good day" greeting
output: .steps.write.output.summary
)";

/// The effects in the journal of the activation that began as the *number*th.
size_t journal_of(const run_state& now, uint64_t number) {
  for (auto& [id, x] : now.activations)
    if (x.number == number)
      return x.journal.size();
  return 0;
}

} // namespace

TEST_CASE("a task is done from the words to a branch") {
  test::machine_under_test it{script};
  auto id = it.start(job);
  auto end = it.wait_for_end(id);
  INFO(it.log(id));
  CHECK(end.result == run_result::done);
  CHECK(end.output.text == "\"Changed it.\"");
  REQUIRE(end.published);
  CHECK(end.published->branch == "themachine/" + id);
  CHECK(it.git("show " + end.published->branch + ":greeting") == "good day\n");
  CHECK(it.git("show main:greeting") == "hello\n");
  CHECK(it.git("status --porcelain").empty());
  auto diff = it.node().engine().get_blob(end.published->diff);
  REQUIRE(diff);
  CHECK(as_text(*diff).find("+good day") != std::string_view::npos);
  // The bill of the run is the ledger of the project, to the micro-dollar.
  CHECK(end.spent > 0);
  CHECK(end.leased == 0);
  auto books = it.project();
  CHECK(books.settled == end.spent);
  CHECK(books.leases.empty());
}

TEST_CASE("a call that the budget does not cover is not made") {
  test::machine_under_test it{script};
  auto id = it.start(job, 1'000);
  auto end = it.wait_for_end(id);
  INFO(it.log(id));
  CHECK(end.result == run_result::failed);
  CHECK(end.code == "budget_exceeded");
  CHECK(end.message.find("could cost up to $0.00") != std::string::npos);
  CHECK(end.spent == 0);
  CHECK(it.count<effect_intended>(id) == 0);
}

TEST_CASE("a cancelled command is gone when the run is cancelled") {
  test::machine_under_test it{script};
  auto id = it.start("name: long\nsteps:\n  - {id: wait, command: 'echo up; "
                     "sleep 1000'}\n");
  it.wait(id, [](auto& now) { return journal_of(now, 2) > 0; });
  REQUIRE(!it.tell(id, cancel_run{"tester", "enough"}));
  auto end = it.wait_for_end(id);
  CHECK(end.result == run_result::cancelled);
  CHECK(end.message == "enough");
}

TEST_CASE("what a command said before its time was over is kept") {
  test::machine_under_test it{script};
  auto id = it.start(R"(
name: slow
steps:
  - {id: slow, command: 'echo so far; sleep 1000', timeout: 1s,
     on_failure: continue}
output: '[.steps.slow.error.code, .steps.slow.output.output]'
)");
  auto end = it.wait_for_end(id);
  INFO(it.log(id));
  CHECK(end.result == run_result::done);
  CHECK(end.output.text == R"(["timeout","so far\n"])");
}

TEST_CASE("a cancelled model call ends, and is charged for by its lease") {
  test::machine_under_test it{script};
  auto id =
    it.start("name: long\nsteps:\n  - id: ask\n    model: {prompt: Never "
             "answer, model: demo}\n");
  it.wait(id, [](auto& now) { return now.leased > 0; });
  REQUIRE(!it.tell(id, cancel_run{"tester", ""}));
  auto end = it.wait_for_end(id);
  CHECK(end.result == run_result::cancelled);
  CHECK(end.leased == 0);
  CHECK(it.project().settled == end.spent);
}

TEST_CASE("a question waits, also while the machine is off") {
  test::machine_under_test it{script};
  auto id = it.start(R"(
name: ask
steps:
  - {id: before, command: 'echo x >> witness'}
  - {id: ok, needs: [before], approve: "Go on?"}
  - {id: after, needs: [ok], command: 'test $(wc -l < witness) = 1'}
)");
  it.wait(id, [](auto& now) { return !now.interrupts.empty(); });
  it.restart();
  auto bad = it.tell(id, answer_interrupt{"ok", {"{}"}, "ann"});
  CHECK(code_of(bad) == ec::invalid_argument);
  REQUIRE(
    !it.tell(id, answer_interrupt{"ok", {R"({"approved":true})"}, "ann"}));
  auto end = it.wait_for_end(id);
  INFO(it.log(id));
  CHECK(end.result == run_result::done);
  CHECK(it.count<step_done>(id) == 3);
  auto twice =
    it.tell(id, answer_interrupt{"ok", {R"({"approved":true})"}, "bob"});
  CHECK(code_of(twice) == ec::conflict);
}

TEST_CASE("work that was under way when the machine stopped goes on") {
  test::machine_under_test it{script};
  auto id = it.start(job);
  it.wait(id, [](auto& now) { return journal_of(now, 3) > 2; });
  it.restart();
  auto end = it.wait_for_end(id);
  INFO(it.log(id));
  CHECK(end.result == run_result::done);
  // No effect that was recorded as done is done again.
  std::set<std::string> done;
  for (auto& x : it.events(id))
    if (auto* effect = std::get_if<effect_done>(&x))
      CHECK(done.insert(effect->effect).second);
  CHECK(it.project().settled == end.spent);
}

TEST_CASE("an actor that fails is replaced, and runs go on") {
  test::machine_under_test it{script};
  auto id = it.start(job);
  it.wait(id, [](auto& now) { return journal_of(now, 3) > 1; });
  auto& actors = it.node().actors();
  auto fail = [](auto& door) {
    caf::anon_send_exit(supervision::door_of(door).leads_to(),
                        caf::exit_reason::unhandled_exception);
  };
  auto which = GENERATE(0, 1, 2, 3, 4, 5);
  switch (which) {
    case 0: fail(actors.attempts); break;
    case 1: fail(actors.runs); break;
    case 2: fail(actors.bookkeeper); break;
    case 3: fail(actors.projects); break;
    case 4: fail(actors.dispatch); break;
    default: fail(actors.clerk); break;
  }
  auto end = it.wait_for_end(id);
  INFO(it.log(id));
  CHECK(end.result == run_result::done);
  CHECK(it.project().settled == end.spent);
  std::set<std::string> done;
  for (auto& x : it.events(id))
    if (auto* effect = std::get_if<effect_done>(&x))
      CHECK(done.insert(effect->effect).second);
  // Workers live with their pool, and without the others: nothing is paid
  // twice.
  if (which != 0) {
    CHECK(it.count<attempt_lost>(id) == 0);
    CHECK(it.count<effect_lost>(id) == 0);
  }
  caf::scoped_actor self{actors.system};
  self->request(actors.supervisor, std::chrono::seconds{10}, atom::inspect_v)
    .receive(
      [](const std::vector<supervision::child_status>& children) {
        uint64_t restarts = 0;
        for (auto& x : children) {
          CHECK(x.up);
          restarts += x.restarts;
        }
        CHECK(restarts == 1);
      },
      [](const caf::error& why) { FAIL(render(why)); });
}

TEST_CASE("a command that had ended when the machine died is not run again") {
  test::machine_under_test it{script};
  // So many files that committing them takes a while, in which it dies.
  auto id = it.start(R"(
name: once
steps:
  - id: once
    command: 'echo x >> witness; mkdir many; cd many; seq 3000 | xargs touch'
  - {id: check, needs: [once], command: 'test $(wc -l < witness) = 1'}
output: .steps.once.output.exit_code
)");
  it.wait(id, [](auto& now) {
    for (auto& [name, x] : now.activations)
      if (name == "once" && !x.journal.empty()
          && x.journal[0].phase == effect_phase::done)
        return true;
    return false;
  });
  it.restart();
  auto end = it.wait_for_end(id);
  INFO(it.log(id));
  CHECK(end.result == run_result::done);
  CHECK(end.output.text == "0");
  CHECK(it.count<attempt_lost>(id) == 1);
}

TEST_CASE("a machine may stop in the middle of any tool call") {
  constexpr size_t calls = 400;
  std::string busy = R"(
tokens_per_second: 1000000
rules:
  - when: {system: "senior software developer", turn: 0}
    say: I read a lot.
    call:
)";
  for (size_t i = 0; i < calls; ++i)
    busy += "      - {name: read_file, arguments: {path: greeting}}\n";
  busy += R"(
  - when: {system: "senior software developer", turn: 1}
    call: [{name: finish, arguments: {summary: I did., tests: None.}}]
)";
  constexpr const char* reading = R"(
name: reading
guard: "off"
steps:
  - {id: a, agent: {role: code, prompt: Read, model: demo}}
  - {id: b, agent: {role: code, prompt: Read, model: demo}}
  - {id: c, agent: {role: code, prompt: Read, model: demo}}
output: .steps.c.output.summary
)";
  test::machine_under_test it{busy};
  auto id = it.start(reading);
  auto done = [&](const run_state& now) {
    size_t result = 0;
    for (auto& [name, x] : now.activations)
      for (auto& effect : x.journal)
        result += effect.phase == effect_phase::done ? 1 : 0;
    return result;
  };
  for (size_t i = 1; i <= 20; ++i) {
    it.wait(id, [&](auto& now) { return done(now) >= 30 * i; });
    it.restart();
  }
  auto end = it.wait_for_end(id);
  INFO(it.log(id));
  CHECK(end.result == run_result::done);
  CHECK(end.output.text == "\"I did.\"");
  // The calls of all that time were made once.
  CHECK(it.count<effect_done>(id) == 3 * (calls + 2));
}

TEST_CASE("who asks again for a run does so in another operation") {
  test::machine_under_test it{script};
  auto begin = [&](const std::string& span) {
    run_request what;
    what.title = "do it";
    what.workflow = *load_workflow("name: w\nsteps: [{id: a, set: {}}]\n", "w");
    what.principal = "tester";
    what.key = "k";
    what.trace =
      run_trace{std::string(32, 'a'), span, std::nullopt, std::nullopt};
    std::promise<caf::expected<std::string>> started;
    it.node().start_run(local_tenant, what, [&](caf::expected<std::string> id) {
      started.set_value(std::move(id));
    });
    auto id = started.get_future().get();
    if (!id)
      FAIL(render(id.error()));
    return *id;
  };
  auto first = begin("00000000000000b1");
  CHECK(begin("00000000000000b2") == first);
  auto made = std::get<run_created>(it.events(first).front());
  REQUIRE(made.trace);
  CHECK(made.trace->span == "00000000000000b1");
}
