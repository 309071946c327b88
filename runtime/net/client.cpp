#include "runtime/net/client.hpp"

#include "runtime/net/transfer.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace machine::net {

namespace {

/// Requests that may be under way or wait at one time.
constexpr size_t max_pending = 10'000;

/// How often deadlines are looked at, in milliseconds.
constexpr int poll_ms = 100;

void start_libcurl() {
  static const auto once = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(once);
}

} // namespace

class client::impl {
public:
  explicit impl(client_options options)
      : options_(std::move(options)),
        proxies_(options_.direct ? proxy_rules{}
                                 : read_proxy_rules(options_.proxy)) {
    start_libcurl();
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS,
                      static_cast<long>(options_.max_connections_per_host));
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                      static_cast<long>(options_.max_connections));
    thread_ = std::thread{[this] { work(); }};
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  ~impl() {
    curl_multi_cleanup(multi_);
  }

  void stop() {
    stopping_ = true;
    curl_multi_wakeup(multi_);
    thread_.join();
  }

  request_id start(request what, handlers how) {
    auto id = ++last_id_;
    {
      std::lock_guard guard{mutex_};
      caf::error refusal;
      if (++pending_ > max_pending) {
        refusal = make_error(ec::limit_exceeded,
                             "too many requests are under way; try later");
        what = {};
      }
      incoming_.push_back(
        {std::make_unique<transfer>(id, std::move(what), std::move(how)),
         std::move(refusal)});
    }
    curl_multi_wakeup(multi_);
    return id;
  }

  void cancel(request_id id) {
    {
      std::lock_guard guard{mutex_};
      cancelled_.push_back(id);
    }
    curl_multi_wakeup(multi_);
  }

  size_t pending() const {
    return pending_;
  }

private:
  using transfer_map = std::map<request_id, std::unique_ptr<transfer>>;

  struct arrival {
    std::unique_ptr<transfer> what;
    /// Why it will not be performed.
    caf::error refusal;
  };

  void work() {
    while (!stopping_) {
      accept();
      int running = 0;
      curl_multi_perform(multi_, &running);
      reap();
      sweep();
      curl_multi_poll(multi_, nullptr, 0, poll_ms, nullptr);
    }
    auto stopped =
      make_error(ec::cancelled, "the machine is stopping its requests");
    // An `on_done` may have started another one.
    for (accept(); !active_.empty(); accept())
      while (!active_.empty())
        end(active_.begin(), stopped);
  }

  void accept() {
    std::vector<arrival> incoming;
    std::vector<request_id> cancelled;
    {
      std::lock_guard guard{mutex_};
      incoming.swap(incoming_);
      cancelled.swap(cancelled_);
    }
    for (auto& [next, refusal] : incoming) {
      auto problem =
        refusal ? std::move(refusal) : next->prepare(options_, proxies_);
      auto place = active_.emplace(next->id(), std::move(next)).first;
      if (problem)
        end(place, std::move(problem));
      else
        curl_multi_add_handle(multi_, place->second->handle());
    }
    for (auto id : cancelled)
      if (auto i = active_.find(id); i != active_.end())
        end(i, make_error(ec::cancelled, "the request was cancelled"));
  }

  void reap() {
    int left = 0;
    while (auto* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      auto code = message->data.result;
      transfer* ended = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &ended);
      auto place = active_.find(ended->id());
      if (place == active_.end())
        continue;
      if (!ended->judging()) {
        end(place, ended->to_error(code));
      } else if (auto problem = ended->judge(code)) {
        end(place, std::move(problem));
      } else {
        curl_multi_remove_handle(multi_, ended->handle());
        curl_multi_add_handle(multi_, ended->handle());
      }
    }
  }

  /// libcurl counts no time while a request waits for a free connection.
  void sweep() {
    auto now = std::chrono::steady_clock::now();
    std::vector<request_id> late;
    for (auto& [id, x] : active_)
      if (now >= x->deadline())
        late.push_back(id);
    for (auto id : late) {
      auto place = active_.find(id);
      end(place, place->second->to_error(CURLE_OPERATION_TIMEDOUT));
    }
  }

  void end(transfer_map::iterator which, caf::error why) {
    auto ended = std::move(which->second);
    active_.erase(which);
    // An unfinished transfer's connection is of no use to others: taking its
    // handle out closes it.
    if (ended->handle() != nullptr)
      curl_multi_remove_handle(multi_, ended->handle());
    --pending_;
    ended->finish(std::move(why));
  }

  const client_options options_;
  const proxy_rules proxies_;
  CURLM* multi_ = nullptr;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<request_id> last_id_{0};
  std::atomic<size_t> pending_{0};
  std::mutex mutex_;
  std::vector<arrival> incoming_;
  std::vector<request_id> cancelled_;
  transfer_map active_;
};

client::client(client_options options)
    : impl_(std::make_unique<impl>(std::move(options))) {}

client::~client() {
  // Handlers may begin requests meanwhile.
  impl_->stop();
}

client::request_id client::start(request what, handlers how) {
  return impl_->start(std::move(what), std::move(how));
}

void client::cancel(request_id id) {
  impl_->cancel(id);
}

size_t client::pending() const {
  return impl_->pending();
}

caf::expected<response> client::fetch(request what) {
  struct waiting {
    std::promise<caf::error> done;
    response answer;
  };
  auto state = std::make_shared<waiting>();
  auto done = state->done.get_future();
  handlers how;
  how.on_head = [state](const response_head& head) {
    state->answer.head = head;
  };
  how.on_data = [state](std::string_view data) { state->answer.body += data; };
  how.on_done = [state](caf::error why) {
    state->done.set_value(std::move(why));
  };
  start(std::move(what), std::move(how));
  if (auto problem = done.get())
    return problem;
  return std::move(state->answer);
}

} // namespace machine::net
