#include "gateway/mcp/offer/run_watch.hpp"

#include "gateway/identity/authorize.hpp"
#include "runtime/clock.hpp"
#include "runtime/wire/wire.hpp"

#include <caf/event_based_actor.hpp>

#include <atomic>
#include <mutex>

namespace machine::gateway::mcp {

namespace {

/// How long after the end of a follower another one begins.
constexpr std::chrono::seconds follow_pause{1};

/// Takes the events of a log for a client that only wants to hear that there
/// are some. A follower that ends before the log does has failed, and another
/// one goes on: nobody else would tell the client.
class watcher final : public event_stream,
                      public std::enable_shared_from_this<watcher> {
public:
  watcher(scope in, log_view log, uint64_t seen, std::function<void()> tell)
      : in_(std::move(in)), log_(std::move(log)), tell_(std::move(tell)),
        seen_(seen) {}

  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  void follow() {
    in_.follow(log_, seen_, shared_from_this());
  }

  /// Nobody wants to hear of it any more.
  void end() {
    {
      std::lock_guard guard{mutex_};
      ended_ = true;
    }
    tell_closed();
  }

  void send(const std::optional<std::string>& id, std::string_view,
            std::string_view) override {
    // What has no number is not stored, and changes nothing.
    if (!id)
      return;
    ++seen_;
    tell_();
  }

  void close() override {
    tell_closed();
    if (!ended_)
      go_on_later();
  }

  void on_closed(std::function<void()> then) override {
    {
      std::lock_guard guard{mutex_};
      if (!ended_) {
        closed_ = std::move(then);
        return;
      }
    }
    then();
  }

  void on_drained(std::function<void()> then) override {
    then();
  }

private:
  void tell_closed() {
    std::function<void()> then;
    {
      std::lock_guard guard{mutex_};
      std::swap(then, closed_);
    }
    if (then)
      then();
  }

  void go_on_later() {
    in_.spawn(
      [me = weak_from_this()](caf::event_based_actor* self) -> caf::behavior {
        self->delayed_send(self, follow_pause, atom::resume_v);
        return {[me, self](atom::resume) {
          if (auto there = me.lock())
            there->go_on();
          self->quit();
        }};
      });
  }

  void go_on() {
    auto err = in_.post([me = shared_from_this()] {
      if (!me->ended_ && !me->is_over())
        me->follow();
    });
    if (err)
      go_on_later();
  }

  /// Whether the log has come to its end, as far as clients see it. Blocks.
  bool is_over() const {
    auto last = in_.read(log_, seen_, 1, entity::page_bytes);
    return last && !last->empty() && log_.is_last(last->front().payload);
  }

  const scope in_;
  const log_view log_;
  const std::function<void()> tell_;
  /// The number of the last event that was sent, for they come without gaps.
  std::atomic<uint64_t> seen_;
  std::atomic<bool> ended_{false};
  std::mutex mutex_;
  std::function<void()> closed_;
};

/// Whether *whose* may look at the run *id* now.
bool may_look(const watcher_rights& whose, const std::string& id) {
  auto who = whose.context->keys->look_again(whose.who, wall_clock());
  if (!who)
    return false;
  auto& need = whose.need;
  std::string project;
  // Who has the role everywhere need not be asked where.
  if (!(*who)->may(need.need()))
    project = scope{whose.context, *who}.project_of_run(id);
  return !authorize(need, **who, project);
}

} // namespace

caf::expected<watch_handle> watch_run(const watcher_rights& whose,
                                      const std::string& id,
                                      const std::string& uri,
                                      change_listener to) {
  scope in{whose.context, whose.who};
  auto log = in.run_log(id);
  auto last = in.last_seq(log);
  if (!last)
    return std::move(last.error());
  if (*last == 0)
    return make_error(ec::not_found, "there is no run " + id);
  change what{"notifications/resources/updated",
              R"({"uri":)" + wire::to_json(uri) + "}"};
  auto it = std::make_shared<watcher>(
    in, std::move(log), *last,
    [what = std::move(what), to = std::move(to), whose, id] {
      if (may_look(whose, id))
        to(what);
    });
  it->follow();
  return watch_handle{it.get(), [it](const void*) { it->end(); }};
}

} // namespace machine::gateway::mcp
