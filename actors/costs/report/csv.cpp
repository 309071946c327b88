#include "actors/costs/report/csv.hpp"

#include <array>

namespace machine::costs {

namespace {

/// Always six decimals: columns of numbers line up, and nothing is rounded.
std::string dollars(micro_usd x) {
  auto size = x < 0 ? 0 - static_cast<uint64_t>(x) : static_cast<uint64_t>(x);
  auto parts = std::to_string(size % 1'000'000);
  return (x < 0 ? "-" : "") + std::to_string(size / 1'000'000) + "."
       + std::string(6 - parts.size(), '0') + parts;
}

constexpr std::array count_names{"calls",
                                 "failed",
                                 "cancelled",
                                 "uncounted",
                                 "input_tokens",
                                 "cached_tokens",
                                 "cache_write_tokens",
                                 "image_tokens",
                                 "audio_tokens",
                                 "output_tokens",
                                 "audio_output_tokens",
                                 "reasoning_tokens",
                                 "cost_usd",
                                 "average_latency_ms"};

std::string counts_of(const spending& x) {
  auto& t = x.tokens;
  auto written = models::sum_of_tokens({t.cache_write, t.cache_write_hour});
  std::string out;
  for (auto number :
       {x.calls, x.failed, x.cancelled, x.uncounted, t.input, t.cached, written,
        t.image, t.audio, t.output, t.audio_output, t.reasoning})
    out += "," + std::to_string(number);
  return out + "," + dollars(x.cost) + ","
       + std::to_string(x.average_latency.count()) + "\r\n";
}

} // namespace

std::string csv_cell(std::string_view text) {
  std::string plain;
  if (!text.empty()
      && std::string_view{"=+-@\t\r"}.find(text.front()) != text.npos)
    plain = "'";
  plain += text;
  if (plain.find_first_of("\",\r\n") == plain.npos)
    return plain;
  std::string result = "\"";
  for (auto c : plain)
    result += c == '"' ? std::string{"\"\""} : std::string{c};
  return result + "\"";
}

std::string to_csv(const report& x) {
  std::string out;
  auto line = [&](auto cell, const std::string& rest) {
    std::string names;
    for (auto by : x.by)
      names += "," + cell(by);
    out += (names + rest).substr(1);
  };
  std::string counts;
  for (auto* name : count_names)
    counts += "," + std::string{name};
  line([](auto by) { return std::string{wire::to_name(by)}; }, counts + "\r\n");
  for (auto& row : x.rows)
    line(
      [&](auto by) {
        return csv_cell(row.of.at(std::string{wire::to_name(by)}));
      },
      counts_of(row.sum));
  if (x.other)
    line([](auto) { return std::string{"other"}; }, counts_of(*x.other));
  // Without dimensions there is one line, which is about everything.
  if (x.by.empty())
    line([](auto) { return std::string{}; }, counts_of(x.total));
  return out;
}

} // namespace machine::costs
