#include "actors/orchestrator/dispatch/attempt.hpp"

#include <atomic>
#include <memory>

namespace machine::orchestrator {

namespace {

/// Work either begins or is given up: whoever is first decides. Once it has
/// begun, only its end is the end.
class turn {
public:
  bool take() {
    return !taken_->exchange(true);
  }

private:
  std::shared_ptr<std::atomic<bool>> taken_ =
    std::make_shared<std::atomic<bool>>(false);
};

caf::error given_up() {
  return make_error(ec::cancelled, "it was given up before it began");
}

/// Makes the workspace.
class prepare_job final : public job {
public:
  explicit prepare_job(attempt_state& of) : of_(of) {}

  void proceed() override {
    using result_type = caf::expected<agents::workspace>;
    of_.in_pool<result_type>(
      [repository = of_.order().repository.value_or(""),
       parent = of_.uses().workspaces, run = of_.order().run,
       starts = of_.order().checkpoints, turn = turn_]() mutable {
        return turn.take()
               ? agents::open_workspace(repository, parent, run, starts)
               : result_type{given_up()};
      },
      [this](result_type& made) {
        if (given_up_)
          return;
        if (!made) {
          of_.fail(made.error());
          return;
        }
        finish_prepare done;
        done.token = of_.order().token;
        done.directory = made->directory;
        done.branch = made->branch;
        done.base = made->base;
        of_.tell(
          std::move(done), [this] { leave(); },
          [this](const caf::error& why) { of_.fail(why); });
      });
  }

  void stop() override {
    give_up();
  }

  void expire() override {
    give_up();
  }

private:
  void leave() {
    of_.record_end("");
    of_.self()->quit();
  }

  void give_up() {
    if (given_up_ || !turn_.take())
      return;
    given_up_ = true;
    of_.stopped();
  }

  attempt_state& of_;
  turn turn_;
  bool given_up_ = false;
};

/// Commits what is left and works out what the run has changed.
class publish_job final : public job {
public:
  explicit publish_job(attempt_state& of) : of_(of) {}

  void proceed() override {
    using result_type = caf::expected<finish_publish>;
    of_.in_pool<result_type>(
      [where = of_.workspace(), token = of_.order().token,
       title = of_.order().title, turn = turn_]() mutable {
        return turn.take() ? publish(where, token, title)
                           : result_type{given_up()};
      },
      [this](result_type& done) {
        if (given_up_)
          return;
        if (!done) {
          of_.fail(done.error());
          return;
        }
        of_.tell(
          std::move(*done), [this] { leave(); },
          [this](const caf::error& why) { of_.fail(why); });
      });
  }

  void stop() override {
    // The run has ended already; this is the last of it.
  }

  void expire() override {
    if (!turn_.take())
      return;
    given_up_ = true;
    of_.stopped();
  }

private:
  static caf::expected<finish_publish> publish(const agents::workspace& where,
                                               uint64_t token,
                                               const std::string& title) {
    constexpr size_t max_patch = 32u << 20;
    auto last = agents::commit_rest(where, "@publish", "unfinished: " + title);
    if (!last)
      return std::move(last.error());
    auto diff = agents::diff_workspace(where, max_patch);
    if (!diff)
      return std::move(diff.error());
    // All of it is on the branch. A worktree that cannot be removed is in
    // nobody's way but git's: `git worktree remove` names it.
    static_cast<void>(agents::close_workspace(where));
    finish_publish result;
    result.token = token;
    result.branch = where.branch;
    result.base = where.base;
    result.commit = last->commit;
    result.patch = std::move(diff->patch);
    result.files_changed = diff->files_changed;
    result.lines_added = diff->lines_added;
    result.lines_removed = diff->lines_removed;
    return result;
  }

  void leave() {
    of_.record_end("");
    of_.self()->quit();
  }

  attempt_state& of_;
  turn turn_;
  bool given_up_ = false;
};

} // namespace

std::unique_ptr<job> make_prepare_job(attempt_state& of) {
  return std::make_unique<prepare_job>(of);
}

std::unique_ptr<job> make_publish_job(attempt_state& of) {
  return std::make_unique<publish_job>(of);
}

} // namespace machine::orchestrator
