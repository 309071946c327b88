#include "gateway/mcp/session.hpp"

#include "gateway/identity/principal.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace machine::gateway::mcp {

namespace {

/// Bounds of one session.
constexpr size_t max_asks = 64;
constexpr size_t max_under_way = 64;
constexpr size_t max_watches = 100;

/// 128 bits that nobody guesses, in letters that a header can have.
std::string new_id() {
  std::array<unsigned char, 16> random{};
  randombytes_buf(random.data(), random.size());
  std::array<char, random.size() * 2 + 1> text{};
  sodium_bin2hex(text.data(), text.size(), random.data(), random.size());
  return text.data();
}

rpc_error gone() {
  return {code::server_error, "the session has ended", std::nullopt};
}

} // namespace

std::string owner_of(const principal& who) {
  return who.tenant + "/" + who.home + "/" + who.id;
}

session::~session() {
  close();
}

void session::set_level(log_level x) {
  std::lock_guard guard{mutex_};
  level_ = x;
}

log_level session::level() const {
  std::lock_guard guard{mutex_};
  return level_;
}

void session::tell(const std::string& text) {
  std::lock_guard guard{mutex_};
  if (stream_)
    stream_->send(std::nullopt, "message", text);
}

void session::keep_open(std::shared_ptr<event_stream> to, watch_handle lists) {
  std::unique_lock guard{mutex_};
  std::swap(stream_, to);
  std::swap(lists_, lists);
  guard.unlock();
  // What was there before ends here, without the lock.
  if (to)
    to->close();
}

void session::lose(const event_stream& stream) {
  std::shared_ptr<event_stream> lost;
  watch_handle lists;
  std::lock_guard guard{mutex_};
  if (stream_.get() != &stream)
    return;
  std::swap(stream_, lost);
  std::swap(lists_, lists);
}

bool session::subscribe(const std::string& uri, watch_handle what) {
  std::lock_guard guard{mutex_};
  if (watches_.size() >= max_watches && !watches_.contains(uri))
    return false;
  std::swap(watches_[uri], what);
  return true;
}

void session::unsubscribe(const std::string& uri) {
  watch_handle old;
  std::lock_guard guard{mutex_};
  if (auto i = watches_.find(uri); i != watches_.end()) {
    old = std::move(i->second);
    watches_.erase(i);
  }
}

std::string session::begin_ask(std::function<void(exchange::reply)> then) {
  std::lock_guard guard{mutex_};
  if (asks_.size() >= max_asks)
    return "";
  auto id = "\"s" + std::to_string(++last_ask_) + "\"";
  asks_.emplace(id, std::move(then));
  return id;
}

bool session::end_ask(const std::string& id, exchange::reply what) {
  std::unique_lock guard{mutex_};
  auto i = asks_.find(id);
  if (i == asks_.end())
    return false;
  auto then = std::move(i->second);
  asks_.erase(i);
  guard.unlock();
  then(std::move(what));
  return true;
}

bool session::begin(const std::string& id, std::weak_ptr<cancellable> what) {
  std::lock_guard guard{mutex_};
  return under_way_.size() < max_under_way
      && under_way_.emplace(id, std::move(what)).second;
}

void session::end(const std::string& id) {
  std::lock_guard guard{mutex_};
  under_way_.erase(id);
}

void session::cancel(const std::string& id) {
  std::shared_ptr<cancellable> what;
  {
    std::lock_guard guard{mutex_};
    if (auto i = under_way_.find(id); i != under_way_.end())
      what = i->second.lock();
  }
  if (what)
    what->cancel();
}

void session::close() {
  std::map<std::string, std::function<void(exchange::reply)>> asks;
  std::map<std::string, watch_handle> watches;
  {
    std::lock_guard guard{mutex_};
    asks.swap(asks_);
    watches.swap(watches_);
  }
  keep_open(nullptr, nullptr);
  for (auto& [id, then] : asks)
    then(gone());
}

session_ptr session_list::begin(const std::string& owner, revision speaks,
                                std::string capabilities, time now) {
  auto made =
    std::make_shared<session>(new_id(), owner, speaks, std::move(capabilities));
  auto ended = expire(now);
  {
    std::lock_guard guard{mutex_};
    auto oldest = places_.end();
    size_t of_owner = 0;
    for (auto i = places_.begin(); i != places_.end(); ++i) {
      if (i->second.what->owner != owner)
        continue;
      ++of_owner;
      if (oldest == places_.end() || i->second.used < oldest->second.used)
        oldest = i;
    }
    auto is_full = places_.size() >= bounds_.all;
    if (is_full && of_owner == 0)
      return nullptr;
    if (is_full || of_owner >= bounds_.each) {
      ended.push_back(oldest->second.what);
      places_.erase(oldest);
    }
    places_.emplace(made->id, place{made, now});
  }
  for (auto& x : ended)
    x->close();
  return made;
}

session_ptr session_list::find(const std::string& owner, const std::string& id,
                               time now) {
  for (auto& x : expire(now))
    x->close();
  std::lock_guard guard{mutex_};
  auto i = places_.find(id);
  if (i == places_.end() || i->second.what->owner != owner)
    return nullptr;
  i->second.used = now;
  return i->second.what;
}

bool session_list::end(const std::string& owner, const std::string& id,
                       time now) {
  auto what = find(owner, id, now);
  if (!what)
    return false;
  {
    std::lock_guard guard{mutex_};
    places_.erase(id);
  }
  what->close();
  return true;
}

size_t session_list::size() const {
  std::lock_guard guard{mutex_};
  return places_.size();
}

std::vector<session_ptr> session_list::expire(time now) {
  std::vector<session_ptr> result;
  std::lock_guard guard{mutex_};
  for (auto i = places_.begin(); i != places_.end();) {
    if (now - i->second.used < bounds_.idle) {
      ++i;
      continue;
    }
    result.push_back(i->second.what);
    i = places_.erase(i);
  }
  return result;
}

} // namespace machine::gateway::mcp
