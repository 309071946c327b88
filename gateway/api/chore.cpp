#include "gateway/api/chore.hpp"

#include <algorithm>
#include <exception>
#include <system_error>

namespace machine::gateway {

namespace {

void send_problem(event_stream& to, const caf::error& why) {
  to.send(std::nullopt, "problem", problem_document(why, status_of(why)));
  to.close();
}

} // namespace

void chore::begin(const responder_ptr& reply, job what) {
  std::lock_guard guard{mutex_};
  if (busy_) {
    reply->problem(make_error(
      ec::conflict, name_ + " already; try again when that has ended"));
    return;
  }
  auto to = reply->stream_events();
  if (to == nullptr)
    return;
  try {
    thread_ =
      std::jthread{[this, to, what = std::move(what)](
                     const std::stop_token& stop) { work(what, *to, stop); }};
  } catch (const std::system_error& x) {
    send_problem(*to, make_error(ec::overloaded,
                                 std::string{"there is no thread for this: "}
                                   + x.what() + "; try again later"));
    return;
  }
  busy_ = true;
  to->on_closed(
    [source = thread_.get_stop_source()]() mutable { source.request_stop(); });
}

bool chore::is_busy() {
  std::lock_guard guard{mutex_};
  return busy_;
}

chore_list::chore_list(const std::string& name, size_t most)
    : name_(name), places_(most) {
  for (auto& x : places_)
    x.one = std::make_unique<chore>(name);
}

void chore_list::begin(const std::string& whose, const responder_ptr& reply,
                       chore::job what) {
  std::lock_guard guard{mutex_};
  auto is_of_whom = [&](place& x) {
    return x.whose == whose && x.one->is_busy();
  };
  auto to = std::find_if(places_.begin(), places_.end(), is_of_whom);
  if (to == places_.end())
    to = std::find_if(places_.begin(), places_.end(),
                      [](auto& x) { return !x.one->is_busy(); });
  if (to == places_.end()) {
    reply->problem(
      make_error(ec::overloaded, name_
                                   + " for as many others as may be at once; "
                                     "try again later"));
    return;
  }
  to->whose = whose;
  to->one->begin(reply, std::move(what));
}

void chore::work(const job& what, event_stream& to,
                 const std::stop_token& stop) {
  caf::expected<std::string> outcome{std::string{}};
  try {
    outcome = what(stop);
  } catch (const std::exception& x) {
    outcome =
      make_error(ec::internal, std::string{"this cannot be done: "} + x.what());
  }
  // Whoever has the answer may come with the next request at once.
  {
    std::lock_guard guard{mutex_};
    busy_ = false;
  }
  if (!outcome) {
    send_problem(to, outcome.error());
    return;
  }
  to.send(std::nullopt, "result", *outcome);
  to.close();
}

} // namespace machine::gateway
