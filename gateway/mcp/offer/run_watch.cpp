#include "gateway/mcp/offer/run_watch.hpp"

#include "runtime/wire/wire.hpp"

#include <mutex>

namespace machine::gateway::mcp {

namespace {

/// Takes the events of a log for a client that only wants to hear that there
/// are some.
class watcher final : public event_stream {
public:
  explicit watcher(std::function<void()> tell) : tell_(std::move(tell)) {}

  void send(const std::optional<std::string>& id, std::string_view,
            std::string_view) override {
    // What has no number is not stored, and changes nothing.
    if (id)
      tell_();
  }

  void close() override {
    std::function<void()> then;
    {
      std::lock_guard guard{mutex_};
      ended_ = true;
      std::swap(then, closed_);
    }
    if (then)
      then();
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
  const std::function<void()> tell_;
  std::mutex mutex_;
  std::function<void()> closed_;
  bool ended_ = false;
};

} // namespace

caf::expected<watch_handle> watch_run(const scope& in, const std::string& id,
                                      const std::string& uri,
                                      change_listener to) {
  auto log = in.run_log(id);
  auto last = in.last_seq(log);
  if (!last)
    return std::move(last.error());
  if (*last == 0)
    return make_error(ec::not_found, "there is no run " + id);
  change what{"notifications/resources/updated",
              R"({"uri":)" + wire::to_json(uri) + "}"};
  auto it = std::make_shared<watcher>(
    [what = std::move(what), to = std::move(to)] { to(what); });
  in.follow(log, *last, it);
  return watch_handle{it.get(), [it](const void*) { it->close(); }};
}

} // namespace machine::gateway::mcp
