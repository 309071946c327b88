#pragma once

#include "actors/orchestrator/workflow/problems.hpp"
#include "runtime/wire/nearest.hpp"

#include <string>
#include <vector>

namespace machine::orchestrator {

/// `; did you mean x?` with the one of *known* that is nearest to *got*; empty
/// if none is near. Only for those problems that are shown, as it takes time.
template <class Container>
std::string suggest(const problems& found, const std::string& got,
                    const Container& known) {
  if (found.size() >= problems::most_shown)
    return "";
  auto near = wire::nearest(got.substr(0, 80), {known.begin(), known.end()});
  return near ? "; did you mean " + *near + "?" : "";
}

/// The keys of a map.
template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> result;
  for (auto& [key, value] : map)
    result.push_back(key);
  return result;
}

} // namespace machine::orchestrator
