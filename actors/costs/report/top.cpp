#include "actors/costs/report/top.hpp"

namespace machine::costs {

namespace {

std::vector<top_row> rows_of(const report& x, size_t most) {
  std::vector<top_row> result;
  for (auto& row : x.rows) {
    if (result.size() == most)
      break;
    auto& name = row.of.begin()->second;
    if (!name.empty())
      result.push_back({name, row.sum.calls, row.sum.cost});
  }
  return result;
}

} // namespace

top_maker::top_maker(timestamp since)
    : since_(since), models_({dimension::model}, {since}),
      keys_({dimension::key}, {since}), runs_({dimension::run}, {since}),
      agents_({dimension::agent}, {since}) {}

void top_maker::add(const booked_line& x) {
  for (auto* each : {&models_, &keys_, &runs_, &agents_})
    each->add(x);
}

top_spending top_maker::make(size_t most) const {
  auto models = models_.make();
  return {since_,
          models.total.calls,
          models.total.cost,
          rows_of(models, most),
          rows_of(keys_.make(), most),
          rows_of(runs_.make(), most),
          rows_of(agents_.make(), most)};
}

} // namespace machine::costs
