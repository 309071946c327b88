#include "runtime/security/audit_chain.hpp"

#include <string_view>

namespace machine::security {

namespace {

using namespace std::string_view_literals;

// What else is hashed begins with something else, so that no hash of it can
// stand for a record.
constexpr auto chain_domain = "themachine audit 1\0"sv;

/// Links that are looked at to tell why a chain is broken.
constexpr size_t max_look_ahead = 10'000;

/// Why *found* is not what follows *good*; what comes after it may tell.
caf::expected<chain_fault> explain_break(const chain_link& found,
                                         const chain_head& good,
                                         const chain_source& next) {
  if (found.seq <= good.seq)
    return chain_fault::reordered;
  if (found.hash == chain_next(good.hash, found.record))
    return chain_fault::changed;
  for (size_t i = 0; i < max_look_ahead; ++i) {
    auto later = next();
    if (!later)
      return std::move(later.error());
    if (!*later)
      break;
    if ((*later)->hash == chain_next(good.hash, (*later)->record))
      return chain_fault::reordered;
  }
  return found.seq > good.seq + 1 ? chain_fault::missing : chain_fault::changed;
}

} // namespace

digest chain_next(const digest& previous, bytes_view record) {
  std::array<uint8_t, 8> length{};
  auto left = static_cast<uint64_t>(record.size());
  for (auto i = length.rbegin(); i != length.rend(); ++i) {
    *i = static_cast<uint8_t>(left);
    left >>= 8;
  }
  return blake2b({as_bytes(chain_domain), previous, length, record});
}

caf::expected<chain_report> verify_chain(const chain_source& next,
                                         const std::optional<chain_head>& known,
                                         const chain_head& from) {
  chain_report result;
  result.good = from;
  auto& good = result.good;
  auto stop = [&](chain_fault why) {
    result.fault = {good.seq + 1, why};
    return result;
  };
  if (known && known->seq < from.seq)
    return make_error(ec::invalid_argument,
                      "the known head, record " + std::to_string(known->seq)
                        + ", is before the part of the log that is checked; "
                          "check from an earlier record");
  if (known && known->seq == from.seq && known->hash != from.hash) {
    result.fault = {from.seq, chain_fault::rewritten};
    return result;
  }
  for (;;) {
    auto link = next();
    if (!link)
      return std::move(link.error());
    if (!*link)
      break;
    auto& found = **link;
    if (found.seq != good.seq + 1
        || found.hash != chain_next(good.hash, found.record)) {
      auto why = explain_break(found, good, next);
      if (!why)
        return std::move(why.error());
      return stop(*why);
    }
    if (known && found.seq == known->seq && found.hash != known->hash)
      return stop(chain_fault::rewritten);
    good = {found.seq, found.hash};
  }
  if (known && good.seq < known->seq)
    return stop(chain_fault::missing);
  return result;
}

} // namespace machine::security
