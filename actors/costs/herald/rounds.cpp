#include "actors/costs/herald/rounds.hpp"

#include <algorithm>

namespace machine::costs {

attempt_verdict judge_answer(int status) {
  if (status >= 200 && status < 300)
    return attempt_verdict::arrived;
  auto later = status == 408 || status == 425 || status == 429;
  return later || status >= 500 ? attempt_verdict::again
                                : attempt_verdict::refused;
}

void delivery_rounds::add(const std::string& tenant, deliver what,
                          timestamp now) {
  auto [i, is_new] = lines_.try_emplace({tenant, what.to.id});
  auto& to = i->second;
  if (is_new)
    to.due = now;
  auto at = std::lower_bound(
    to.waiting.begin(), to.waiting.end(), what.number,
    [](const deliver& x, uint64_t number) { return x.number < number; });
  if (at != to.waiting.end() && at->number == what.number)
    return;
  // The first one is under way, and stays the first.
  if (at == to.waiting.begin() && to.attempt != 0)
    ++at;
  to.waiting.insert(at, std::move(what));
}

void delivery_rounds::forget(const std::string& tenant,
                             const std::string& webhook) {
  lines_.erase({tenant, webhook});
}

std::optional<delivery_rounds::parcel> delivery_rounds::next(timestamp now) {
  for (auto& [key, to] : lines_) {
    if (to.attempt != 0 || to.waiting.empty() || to.due > now)
      continue;
    to.attempt = ++attempts_;
    return parcel{to.attempt, key.first, to.waiting.front()};
  }
  return std::nullopt;
}

std::optional<delivery_rounds::ending>
delivery_rounds::ended(uint64_t attempt, attempt_verdict how, timestamp now,
                       uint64_t random) {
  auto i = std::find_if(lines_.begin(), lines_.end(), [=](auto& x) {
    return attempt != 0 && x.second.attempt == attempt;
  });
  if (i == lines_.end())
    return std::nullopt;
  auto& [key, to] = *i;
  to.attempt = 0;
  auto& first = to.waiting.front();
  auto is_old = now - first.at >= max_delivery_age;
  if (how == attempt_verdict::again)
    to.due =
      now + retry_delay(delivery_backoff, ++to.failures, std::nullopt, random);
  else
    to.failures = 0;
  if (how == attempt_verdict::again && !is_old)
    return std::nullopt;
  ending result{key.first, first.number,
                how == attempt_verdict::arrived ? delivery_end::delivered
                                                : delivery_end::given_up};
  to.waiting.pop_front();
  if (to.waiting.empty() && to.failures == 0)
    lines_.erase(i);
  return result;
}

std::optional<timestamp> delivery_rounds::wake_at() const {
  std::optional<timestamp> first;
  for (auto& [key, to] : lines_)
    if (to.attempt == 0 && !to.waiting.empty())
      first = std::min(first.value_or(to.due), to.due);
  return first;
}

size_t delivery_rounds::size() const {
  size_t sum = 0;
  for (auto& [key, to] : lines_)
    sum += to.waiting.size();
  return sum;
}

} // namespace machine::costs
