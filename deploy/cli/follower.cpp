#include "deploy/cli/follower.hpp"

#include "runtime/net/sse.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <limits>

namespace machine::cli {

namespace {

/// Of an answer that is not a stream: a problem document.
constexpr size_t max_problem_bytes = 64u << 10;

struct run_head {
  std::string state;
  uint64_t last_seq = 0;

  static constexpr const char* wire_name = "run";

  static constexpr auto fields() {
    return wire::members(wire::field{"state", &run_head::state},
                         wire::field{"last_seq", &run_head::last_seq});
  }
};

} // namespace

struct follower::connection {
  net::sse_parser parser;
  int status = 0;
  std::string body;
  /// Why we want no more of it.
  caf::error garbled;
  bool done = false;
  caf::error result;
};

follower::follower(net::client& http, follow_options options, locate where,
                   deliver to)
    : http_(http), options_(std::move(options)), where_(std::move(where)),
      to_(std::move(to)), last_(options_.after) {
  thread_ = std::thread{[this] { work(); }};
}

follower::~follower() {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void follower::work() {
  auto wait = options_.pause;
  auto give_up = std::chrono::steady_clock::time_point::max();
  for (;;) {
    auto before = last_;
    auto how = stream_once();
    {
      std::lock_guard guard{mutex_};
      if (stopping_)
        return;
    }
    if (how != outcome::again) {
      to_(follow_ended{how == outcome::over ? caf::error{} : problem_});
      return;
    }
    auto now = std::chrono::steady_clock::now();
    if (last_ != before)
      wait = options_.pause;
    // A run that waits for days tells nothing, and its machine is there.
    if (std::exchange(stood_, false) || give_up == give_up.max())
      give_up = now + options_.patience;
    if (now >= give_up) {
      to_(follow_ended{problem_});
      return;
    }
    if (!pause(wait))
      return;
    wait = std::min(wait * 2, options_.pause * 16);
  }
}

follower::outcome follower::stream_once() {
  auto where = where_();
  if (!where) {
    problem_ = std::move(where.error());
    lose(message_of(problem_));
    return outcome::again;
  }
  connection here;
  now_ = &here;
  auto what = make_request(*where, "GET",
                           "/api/v1/runs/" + escape(options_.run)
                             + "/events?after=" + std::to_string(last_));
  what.headers = {{"Authorization", "Bearer " + where->token},
                  {"Accept", "text/event-stream"}};
  if (last_ > 0)
    what.headers.emplace_back("Last-Event-ID", std::to_string(last_));
  what.idle_timeout = longest_silence;
  what.total_timeout = duration{std::chrono::hours{24}};
  what.max_response_bytes = std::numeric_limits<size_t>::max() / 2;
  net::handlers how;
  how.on_head = [this, &here](const net::response_head& head) {
    here.status = head.status;
    if (head.status != 200)
      return;
    stood_ = true;
    if (std::exchange(lost_, false))
      to_(connection_restored{});
  };
  how.on_data = [this](std::string_view data) { on_data(data); };
  how.on_done = [this, &here](caf::error err) {
    std::lock_guard guard{mutex_};
    here.result = std::move(err);
    here.done = true;
    changed_.notify_all();
  };
  auto id = http_.start(std::move(what), std::move(how));
  {
    std::unique_lock guard{mutex_};
    changed_.wait(guard, [&] { return here.done || stopping_; });
    if (!here.done) {
      guard.unlock();
      http_.cancel(id);
      guard.lock();
      changed_.wait(guard, [&] { return here.done; });
      now_ = nullptr;
      return outcome::over;
    }
  }
  now_ = nullptr;
  if (here.garbled) {
    problem_ = std::move(here.garbled);
    return outcome::failed;
  }
  if (seen_end_)
    return outcome::over;
  if (here.status == 200 && !here.result)
    return has_ended(*where) ? outcome::over : outcome::again;
  if (here.status == 0 || here.result) {
    problem_ = here.result ? std::move(here.result)
                           : make_error(ec::unavailable, "no answer");
    lose(message_of(problem_));
    return outcome::again;
  }
  problem_ = problem_of(here.status, here.body);
  // The word changes when the machine is started again, and its file a moment
  // after that.
  auto stale = here.status == 401 && refused_ != *where;
  refused_ = *where;
  if (stale || here.status >= 500) {
    lose(message_of(problem_));
    return outcome::again;
  }
  return outcome::failed;
}

void follower::on_data(std::string_view data) {
  auto& here = *now_;
  if (here.garbled)
    return;
  if (here.status != 200) {
    if (here.body.size() < max_problem_bytes)
      here.body.append(data.substr(0, max_problem_bytes));
    return;
  }
  auto items = here.parser.feed(data);
  if (!items) {
    here.garbled = std::move(items.error());
    return;
  }
  for (auto& x : *items) {
    if (x.event == "live") {
      if (auto piece = parse_piece(x.data))
        to_(std::move(*piece));
      continue;
    }
    if (x.event != "event")
      continue;
    auto event = parse_event(x.data);
    if (!event) {
      here.garbled =
        with_context("event of run " + options_.run, event.error());
      return;
    }
    // What came before the connection broke may come again.
    if (event->seq <= last_)
      continue;
    last_ = event->seq;
    if (event->what
        && std::holds_alternative<orchestrator::run_ended>(*event->what))
      seen_end_ = true;
    to_(followed_event{std::move(*event), std::move(x.data)});
  }
}

/// Whether a stream that ended by itself had nothing more to tell.
bool follower::has_ended(const endpoint& where) {
  auto body =
    api_client{http_, where}.get("/api/v1/runs/" + escape(options_.run));
  if (!body)
    return false;
  auto head = wire::from_json<run_head>(*body);
  return head && head->last_seq <= last_
      && (head->state == "done" || head->state == "failed"
          || head->state == "cancelled");
}

void follower::lose(const std::string& message) {
  if (!std::exchange(lost_, true))
    to_(connection_lost{message});
}

bool follower::pause(duration x) {
  std::unique_lock guard{mutex_};
  return !changed_.wait_for(guard, x, [this] { return stopping_; });
}

} // namespace machine::cli
