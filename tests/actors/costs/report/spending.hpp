#pragma once

#include "actors/costs/report/report.hpp"

#include <rapidcheck.h>

namespace machine::test {

using namespace costs;

constexpr micro_usd dollar = 1'000'000;

/// 2026-11-24T10:00:00Z
constexpr timestamp noon{std::chrono::seconds{1'795'514'400}};

inline call_line call_of(std::string model, micro_usd cost,
                         std::string key = "") {
  call_line x;
  x.whose.model = std::move(model);
  x.whose.key = std::move(key);
  x.cost = cost;
  x.took = duration{100};
  return x;
}

/// Lines as anybody may have them.
inline std::vector<call_line> some_lines() {
  auto word = [] {
    return std::string{*rc::gen::element("a", "b", "=c", "", "d,\"e\"")};
  };
  std::vector<call_line> result(*rc::gen::inRange<size_t>(0, 60));
  for (auto& x : result) {
    x.whose = {word(), word(), word(), word(), word(), word(), {}};
    for (int i = *rc::gen::inRange(0, 3); i > 0; --i)
      x.whose.tags.push_back(word());
    x.provider = word();
    x.end = static_cast<call_end>(*rc::gen::inRange(0, 5));
    x.cost = *rc::gen::inRange<micro_usd>(0, 1'000'000'000'000'000);
    x.took = duration{*rc::gen::inRange(0, 100'000)};
    x.of_run = *rc::gen::inRange(0, 4) == 0;
    if (*rc::gen::arbitrary<bool>())
      x.usage = models::token_usage{*rc::gen::arbitrary<uint32_t>(),
                                    *rc::gen::arbitrary<uint32_t>(),
                                    *rc::gen::arbitrary<uint32_t>()};
    x.at = noon + std::chrono::minutes{*rc::gen::inRange(0, 100'000)};
  }
  return result;
}

} // namespace machine::test
