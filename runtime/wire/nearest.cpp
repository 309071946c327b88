#include "runtime/wire/nearest.hpp"

#include <algorithm>

namespace machine::wire {

namespace {

/// Optimal string alignment distance.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1,
                                     std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i)
    d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j)
    d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i)
    for (size_t j = 1; j <= b.size(); ++j) {
      auto change = a[i - 1] == b[j - 1] ? 0u : 1u;
      d[i][j] =
        std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

} // namespace

std::optional<std::string> nearest(std::string_view got,
                                   const std::vector<std::string>& known) {
  constexpr size_t longest = 64;
  if (got.empty() || got.size() > longest)
    return std::nullopt;
  std::optional<std::string> best;
  auto closest = (got.size() + 2) / 3 + 1;
  for (auto& candidate : known) {
    if (candidate.size() > longest)
      continue;
    auto d = distance(got, candidate);
    if (d < closest) {
      closest = d;
      best = candidate;
    }
  }
  return best;
}

} // namespace machine::wire
