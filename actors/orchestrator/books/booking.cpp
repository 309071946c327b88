#include "actors/orchestrator/books/booking.hpp"

namespace machine::orchestrator {

tracker::book_charges booking_of(const std::string& run,
                                 const post_charges& x) {
  tracker::book_charges result{run, {}, {}};
  for (auto& y : x.charges)
    result.charges.push_back(
      {run, y.number, y.at, y.effect, y.model, y.usage, y.cost});
  // The outermost has its money from the project itself.
  for (size_t i = 1; i < x.callers.size(); ++i)
    result.shares.push_back(
      {x.callers[i].run, x.callers[i - 1].run, x.callers[i].budget});
  if (!x.callers.empty())
    result.shares.push_back({run, x.callers.back().run, x.budget});
  return result;
}

} // namespace machine::orchestrator
