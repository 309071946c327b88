#include "actors/models/desk/call_memory.hpp"

namespace machine::models {

namespace {

/// Takes what is new of *said* over into *known*.
/// @returns false if that is the contrary of what is known.
bool take_news(std::optional<bool>& known, const std::optional<bool>& said,
               std::optional<bool>& news) {
  if (!said)
    return true;
  if (known)
    return known == said;
  news = said;
  return true;
}

} // namespace

void call_memory::keep(const std::string& id, remembered_call what,
                       timestamp now) {
  forget(now);
  if (calls_.contains(id))
    return;
  while (calls_.size() >= most_ && !order_.empty()) {
    calls_.erase(order_.front());
    order_.pop_front();
  }
  if (most_ == 0)
    return;
  calls_.emplace(id, item{std::move(what), now + remembered_for});
  order_.push_back(id);
}

void call_memory::forget(timestamp now) {
  while (!order_.empty() && calls_.at(order_.front()).until <= now) {
    calls_.erase(order_.front());
    order_.pop_front();
  }
}

caf::expected<remembered_call> call_memory::find(const std::string& id,
                                                 const std::string& tenant,
                                                 timestamp now) const {
  auto i = calls_.find(id);
  if (i == calls_.end() || i->second.what.tenant != tenant
      || i->second.until <= now)
    return make_error(ec::not_found,
                      "no call " + id.substr(0, 64)
                        + " is remembered; a verdict is heard for six hours "
                          "after an answer, until the machine begins anew");
  return i->second.what;
}

caf::expected<std::optional<observation>>
call_memory::judge(const std::string& id, std::optional<bool> tests_passed,
                   std::optional<bool> accepted) {
  auto& call = calls_.at(id).what;
  answer_verdict news;
  if (!take_news(call.tests_passed, tests_passed, news.tests_passed)
      || !take_news(call.accepted, accepted, news.accepted))
    return make_error(ec::conflict, "the contrary was said of call " + id
                                      + " before, and was learned from");
  std::optional<observation> result;
  if (!news.tests_passed && !news.accepted)
    return result;
  if (news.tests_passed)
    call.tests_passed = news.tests_passed;
  if (news.accepted)
    call.accepted = news.accepted;
  result.emplace();
  result->model = call.model;
  result->job = call.job;
  result->prompt_tokens = call.prompt_tokens;
  result->verdict = news;
  return result;
}

} // namespace machine::models
