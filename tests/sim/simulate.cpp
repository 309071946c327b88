#include "tests/sim/simulate.hpp"

#include "actors/orchestrator/upgrade/upgrade_check.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/sim/people.hpp"
#include "tests/sim/sim_machine.hpp"

namespace machine::sim {

namespace {

/// Until everything has come to rest.
constexpr uint64_t max_steps = 60'000;

constexpr int max_rounds = 400;

/// Lets everything happen that does so by itself.
void settle(world& in) {
  for (auto left = max_steps; in.step(); --left)
    require(left > 0, "everything comes to rest", [&] {
      return std::to_string(max_steps) + " steps were not enough";
    });
}

/// Who knows nothing but the log of a run decides all of it once more.
void decide_again(const world& in) {
  constexpr std::string_view prefix = "run/";
  auto blobs = [&in](const store::blob_hash& hash) {
    return in.store.blob(hash);
  };
  for (auto& [name, stream] : in.store.all()) {
    if (!name.starts_with(prefix))
      continue;
    orchestrator::upgrade_check check{key_of(name.substr(prefix.size())),
                                      blobs};
    if (auto& image = stream.snapshot)
      if (auto state = wire::from_msgpack<orchestrator::run_state>(
            image->second, entity::snapshot_limits))
        check.expect(image->first, std::move(*state));
    caf::error err;
    for (auto& payload : stream.payloads)
      if (!err)
        err = check.add(payload);
    if (!err)
      err = check.finish();
    auto& differs = check.difference();
    require(!err && !differs, "what a log says is decided again",
            [&, &name = name] {
              return name
                   + (err ? ": " + message_of(err)
                          : " event " + std::to_string(differs->seq) + " "
                              + differs->what);
            });
    require(check.unexplained() == 0, "a log tells what caused it",
            [&, &name = name] {
              return name + ": " + std::to_string(check.unexplained())
                   + " decisions are not explained";
            });
  }
}

void play(world& in) {
  people all{in};
  all.begin();
  auto end = in.time.now() + length{in.luck.time.between(20, 200) * 1'000'000};
  for (auto left = 4'000; left > 0 && in.time.now() < end; --left) {
    if (in.luck.people.happens("somebody meddles", 60) && in.machine())
      all.meddle();
    if (!in.step() || (left % 64 == 0 && all.all_over()))
      break;
  }
  in.note("world", "from now on nothing goes wrong");
  in.calm();
  settle(in);
  for (auto& [id, now] : in.watching.runs())
    require(
      (now.phase == orchestrator::run_phase::ended && run::idle(now))
        || waits_for(now).has_value() || in.watching.waits_for_place(id)
        || (now.phase != orchestrator::run_phase::ended && !now.live.empty()),
      "a run ends or waits for somebody", [&, run = id] { return run; });
  for (auto left = max_rounds; !all.all_over(); --left) {
    require(all.be_fair() && left > 0, "a run ends or waits for somebody",
            [&] { return all.open_run(); });
    settle(in);
  }
  in.watching.at_end();
  decide_again(in);
}

} // namespace

outcome simulate(uint64_t seed, const std::set<decision_id>& without,
                 detail how) {
  outcome result;
  trace lines;
  world all{seed, without, how == detail::lines ? &lines : nullptr};
  try {
    play(all);
  } catch (violation& x) {
    result.broken = std::move(x);
  }
  result.decisions = all.luck.made;
  result.lines = lines.lines();
  result.steps = all.steps;
  result.events = all.watching.events();
  return result;
}

} // namespace machine::sim
