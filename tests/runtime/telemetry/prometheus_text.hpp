#pragma once

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace machine::test {

/// What Prometheus would read out of a text in its format.
struct scraped {
  /// Of each family.
  std::map<std::string, std::string> types;
  std::map<std::string, std::string> helps;
  /// `name{label=value,...}`, with the values as they were before they were
  /// escaped, in their order.
  std::map<std::string, double> samples;

  double operator[](const std::string& series) const {
    INFO(series);
    REQUIRE(samples.count(series) == 1);
    return samples.at(series);
  }

  /// Samples whose series begins with *prefix*.
  size_t count(std::string_view prefix) const {
    size_t result = 0;
    for (auto& [series, value] : samples)
      result += series.starts_with(prefix);
    return result;
  }
};

/// Reads labels up to their `}`, which is the end of what is taken off *line*.
inline std::string scrape_labels(std::string_view& line) {
  std::string result = "{";
  auto quoted = false;
  while (!line.empty()) {
    auto c = line.front();
    line.remove_prefix(1);
    if (quoted && c == '\\') {
      REQUIRE(!line.empty());
      auto next = line.front();
      line.remove_prefix(1);
      REQUIRE(std::string_view{"n\\\""}.find(next) != std::string::npos);
      result += next == 'n' ? '\n' : next;
    } else if (c == '"') {
      quoted = !quoted;
    } else {
      result += c;
      if (!quoted && c == '}')
        return result;
    }
  }
  FAIL("labels do not end");
  return result;
}

/// Reads the text format of Prometheus, 0.0.4, and fails the test for anything
/// else.
inline scraped scrape(std::string_view text) {
  scraped result;
  REQUIRE((text.empty() || text.ends_with('\n')));
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    INFO(std::string{line});
    for (auto* known : {"# HELP ", "# TYPE "}) {
      if (!line.starts_with(known))
        continue;
      line.remove_prefix(7);
      auto name = std::string{line.substr(0, line.find(' '))};
      REQUIRE(line.size() > name.size() + 1);
      auto& into = known[2] == 'H' ? result.helps : result.types;
      REQUIRE(
        into.emplace(name, std::string{line.substr(name.size() + 1)}).second);
      line = {};
    }
    if (line.empty())
      continue;
    auto series = std::string{line.substr(0, line.find_first_of("{ "))};
    line.remove_prefix(series.size());
    REQUIRE(!line.empty());
    if (line.front() == '{') {
      line.remove_prefix(1);
      series += scrape_labels(line);
    }
    REQUIRE(line.starts_with(' '));
    size_t used = 0;
    auto number = std::string{line.substr(1)};
    auto value = std::stod(number, &used);
    REQUIRE(used == number.size());
    REQUIRE(result.samples.emplace(series, value).second);
  }
  return result;
}

} // namespace machine::test
