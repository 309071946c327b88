#pragma once

#include "actors/orchestrator/run/run.hpp"
#include "tests/sim/timeline.hpp"

#include <functional>
#include <memory>
#include <string>

namespace machine::sim {

/// Names what one worker at a time is at.
struct attempt_place {
  std::string run;
  std::string activation;

  auto operator<=>(const attempt_place&) const = default;
};

/// A worker as dispatch knows it. It ends when nobody holds it.
class worker_handle {
public:
  virtual ~worker_handle() = default;
  virtual void stop() = 0;
};

/// What dispatch needs of the node that it is on.
class dispatch_host {
public:
  virtual ~dispatch_host() = default;

  /// Begins to perform *order*. *down* is called with the reason once its actor
  /// has ended, and `dispatcher::gone` once nothing of it lives.
  virtual std::unique_ptr<worker_handle>
  spawn(const attempt_place& at, const orchestrator::attempt_order& order,
        owner whose, std::function<void(const caf::error&)> down) = 0;

  /// Who lives although another dispatch began it.
  virtual std::vector<attempt_place> present() const = 0;

  /// Tells a run something until it has an answer.
  virtual void tell(owner whose, const std::string& run,
                    orchestrator::run_command what, std::function<void()> then,
                    std::function<void(const caf::error&)> refused) = 0;
};

/// Gives attempts to workers. The one place to put other rules in.
class dispatcher {
public:
  virtual ~dispatcher() = default;

  virtual void start(const std::string& run,
                     orchestrator::attempt_order order) = 0;
  virtual void stop(const attempt_place& at, uint64_t token) = 0;
  virtual void probe(const attempt_place& at, uint64_t token) = 0;
  virtual void gone(const attempt_place& at) = 0;
};

std::unique_ptr<dispatcher> make_dispatcher(dispatch_host& host);

} // namespace machine::sim
