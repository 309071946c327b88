#include "actors/models/desk/near_answers.hpp"

#include "actors/models/desk/near_text.hpp"

#include <algorithm>

namespace machine::models {

template <class Predicate>
void near_answers::forget(shelf& of, Predicate which) {
  std::erase_if(of.items, [&](auto& x) {
    if (!which(x))
      return false;
    of.bytes -= x.bytes;
    bytes_ -= x.bytes;
    return true;
  });
}

void near_answers::forget_oldest(shelf& of) {
  of.bytes -= of.items.front().bytes;
  bytes_ -= of.items.front().bytes;
  of.items.pop_front();
}

std::optional<near_answers::entry>
near_answers::find(const near_question& what, double threshold, timestamp now) {
  auto i = shelves_.find(what.tenant);
  if (i == shelves_.end())
    return std::nullopt;
  i->second.used = ++uses_;
  forget(i->second, [now](auto& x) { return x.until <= now; });
  const item* best = nullptr;
  auto nearest = threshold;
  for (auto& x : i->second.items) {
    if (x.what.group != what.group || x.what.guard != what.guard)
      continue;
    auto near = cosine(x.what.vector, what.vector);
    if (near < nearest)
      continue;
    nearest = near;
    best = &x;
  }
  if (best == nullptr)
    return std::nullopt;
  return best->answer;
}

void near_answers::keep(near_question what, const std::string& name,
                        entry answer, timestamp until) {
  auto size = size_of_answer(*answer.answer) + what.tenant.size()
            + what.group.size() + what.guard.size()
            + what.vector.size() * sizeof(float);
  if (size > std::min(most_.bytes_of_tenant, most_.bytes)
      || most_.items_of_tenant == 0)
    return;
  auto& shelf = shelves_[what.tenant];
  shelf.used = ++uses_;
  forget(shelf, [&](auto& x) { return x.name == name; });
  while (!shelf.items.empty()
         && (shelf.items.size() >= most_.items_of_tenant
             || shelf.bytes + size > most_.bytes_of_tenant))
    forget_oldest(shelf);
  while (bytes_ + size > most_.bytes) {
    std::erase_if(shelves_, [&](auto& x) {
      return x.second.items.empty() && &x.second != &shelf;
    });
    auto least =
      std::min_element(shelves_.begin(), shelves_.end(), [](auto& a, auto& b) {
        return std::pair{a.second.items.empty(), a.second.used}
             < std::pair{b.second.items.empty(), b.second.used};
      });
    forget_oldest(least->second);
  }
  shelf.items.push_back(
    {name, std::move(what), std::move(answer), until, size});
  shelf.bytes += size;
  bytes_ += size;
}

size_t near_answers::size() const {
  size_t result = 0;
  for (auto& [tenant, x] : shelves_)
    result += x.items.size();
  return result;
}

} // namespace machine::models
