#pragma once

#include "tests/sim/world.hpp"

#include <optional>

namespace machine::sim {

/// Those who start runs and do with them what people may, at the worst moments.
class people : public mortal {
public:
  explicit people(world& in);

  /// Starts a project and a run or two in it, and sometimes those of another
  /// tenant, which have the same ids.
  void begin();

  /// Does something to somebody's run, well or badly.
  void meddle();

  /// Answers, resumes and sends signals, as fair people do.
  /// @returns whether anybody waited for something.
  bool be_fair();

  /// Whether every run that was asked for has ended and is settled.
  bool all_over() const;

  /// A run that has not, and why.
  std::string open_run() const;

private:
  /// Starts the project of *whose*, an entity's name, and runs in it.
  void begin_beside(std::string_view whose, int runs, bool limited);

  void start(const std::string& id);

  /// Starts a run as *what* says, as people's programs ask for it.
  void start_as(const std::string& id, orchestrator::run_created what);

  /// Starts a run that goes on from an event of another.
  void fork(const std::string& origin);

  /// Starts a run that goes on where another has failed.
  void retry(const std::string& origin);

  /// Starts a run as another was.
  void rerun(const std::string& origin);

  /// A request for a run that is as *origin* was asked for.
  std::optional<orchestrator::run_created> again(const std::string& origin);

  /// Lets so many runs of the project *id* work at one time.
  void set_budget(std::string_view whose);
  void limit(const std::string& id, std::optional<uint32_t> runs);

  /// Asks until it is done.
  template <class E>
  void insist(const std::string& id, typename E::command what,
              std::function<bool()> done);

  void on_event(const std::string& run, const orchestrator::run_event& event);
  void meddle_with(const std::string& id);
  void answer(const std::string& id, const orchestrator::run_state& now,
              bool well);
  run::command good_answer(const std::string& id,
                           const orchestrator::interrupt& asked, bool kind);

  world& in_;
  std::vector<std::string> started_;
  uint64_t keys_ = 0;
  uint64_t forks_ = 0;
};

} // namespace machine::sim
