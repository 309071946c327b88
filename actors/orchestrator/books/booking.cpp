#include "actors/orchestrator/books/booking.hpp"

#include "actors/costs/ledger/bounds.hpp"

namespace machine::orchestrator {

namespace {

/// How the money of *x* leads to *run*: the outermost caller has its own.
template <class Share>
std::vector<Share> shares_of(const std::string& run, const post_charges& x) {
  std::vector<Share> result;
  for (size_t i = 1; i < x.callers.size(); ++i)
    result.push_back(
      {x.callers[i].run, x.callers[i - 1].run, x.callers[i].budget});
  if (!x.callers.empty())
    result.push_back({run, x.callers.back().run, x.budget});
  return result;
}

costs::call_line line_of(const std::string& run, const charge& x) {
  costs::call_line result;
  result.number = x.number;
  result.at = x.at;
  // Steps within blocks within blocks have long names.
  result.call = x.effect.substr(0, costs::max_name);
  result.whose.run = run;
  result.whose.agent = x.agent.substr(0, costs::max_name);
  result.whose.model = x.model;
  result.provider = x.provider;
  result.end = x.end;
  result.usage = x.usage;
  result.cost = x.cost;
  result.reserved = x.lease;
  result.took = x.took;
  return result;
}

} // namespace

tracker::book_charges booking_of(const std::string& run,
                                 const post_charges& x) {
  tracker::book_charges result{
    run, {}, shares_of<tracker::lease_share>(run, x)};
  for (auto& y : x.charges)
    result.charges.push_back(
      {run, y.number, y.at, y.effect, y.model, y.usage, y.cost});
  return result;
}

costs::book_run lines_of(const std::string& run, const post_charges& x) {
  costs::book_run result{run, {}, shares_of<costs::money_share>(run, x)};
  for (auto& y : x.charges)
    result.lines.push_back(line_of(run, y));
  return result;
}

} // namespace machine::orchestrator
