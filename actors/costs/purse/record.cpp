#include "actors/costs/purse/record.hpp"

#include "runtime/wire/wire.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace machine::costs {

namespace {

/// Of one record, in bytes: a line with all of its names and budgets.
constexpr uint32_t max_record = 1u << 20;

constexpr size_t head_bytes = 8;

uint32_t check_sum(std::string_view of) {
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
  crypto_generichash(hash.data(), hash.size(),
                     reinterpret_cast<const unsigned char*>(of.data()),
                     of.size(), nullptr, 0);
  uint32_t sum = 0;
  for (size_t i = 0; i < 4; ++i)
    sum |= uint32_t{hash[i]} << (8 * i);
  return sum;
}

void put(std::string& to, uint32_t x) {
  for (int i = 0; i < 4; ++i)
    to += static_cast<char>(x >> (8 * i));
}

uint32_t get(std::string_view from) {
  uint32_t x = 0;
  for (size_t i = 0; i < 4; ++i)
    x |= uint32_t{static_cast<unsigned char>(from[i])} << (8 * i);
  return x;
}

/// What one holder did for one tenant.
struct business {
  std::vector<call_line> ended;
  std::map<uint64_t, call_line> begun;
};

} // namespace

std::string frame(const journal_record& what) {
  auto payload = wire::to_msgpack(what);
  std::string out;
  out.reserve(head_bytes + payload.size());
  put(out, static_cast<uint32_t>(payload.size()));
  put(out, check_sum(as_text(payload)));
  out += as_text(payload);
  return out;
}

journal_content read_journal(std::string_view bytes) {
  journal_content result;
  auto rest = bytes;
  while (rest.size() >= head_bytes) {
    auto size = get(rest);
    if (size > max_record || size > rest.size() - head_bytes)
      break;
    auto payload = rest.substr(head_bytes, size);
    if (get(rest.substr(4)) != check_sum(payload))
      break;
    auto record = wire::from_msgpack<journal_record>(as_bytes(payload));
    if (!record)
      break;
    if (auto* x = std::get_if<journal_opened>(&*record))
      result.opened = *x;
    else
      result.records.push_back(std::move(*record));
    rest.remove_prefix(head_bytes + size);
  }
  result.size = bytes.size() - rest.size();
  result.is_whole = rest.empty();
  return result;
}

std::vector<unfinished_business> business_of(const journal_content& journal) {
  std::map<std::pair<std::string, std::string>, business> all;
  for (auto& record : journal.records) {
    if (auto* x = std::get_if<holder_opened>(&record)) {
      all.try_emplace({x->tenant, x->holder});
    } else if (auto* x = std::get_if<call_begun>(&record)) {
      all[{x->tenant, x->holder}].begun.insert_or_assign(x->call, x->line);
    } else if (auto* x = std::get_if<call_ended>(&record)) {
      auto& of = all[{x->tenant, x->holder}];
      of.begun.erase(x->call);
      of.ended.push_back(x->line);
    }
  }
  std::vector<unfinished_business> result;
  for (auto& [who, of] : all) {
    unfinished_business x{who.first, who.second, std::move(of.ended)};
    std::sort(x.lines.begin(), x.lines.end(),
              [](auto& a, auto& b) { return a.number < b.number; });
    auto number = x.lines.empty() ? 0 : x.lines.back().number;
    for (auto& [call, line] : of.begun) {
      // Lines that came before the first of these were confirmed.
      number = std::max(number, line.number);
      line.number = ++number;
      line.end = call_end::lost;
      line.cost = line.reserved;
      x.lines.push_back(std::move(line));
    }
    result.push_back(std::move(x));
  }
  return result;
}

} // namespace machine::costs
