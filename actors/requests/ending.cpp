#include "actors/requests/ending.hpp"

namespace machine::requests {

namespace {

/// Whether the answer says that nothing was done, because the request was
/// wrong, or came at a bad time. It may be put right and sent again.
bool says_nothing_done(const answer_facts& x) {
  switch (x.status) {
    case 400:
    case 401:
    case 403:
    case 413:
    case 429: return true;
    default: return x.code == ec::overloaded || x.code == ec::storage_full;
  }
}

} // namespace

std::optional<ending> ending_of(const answer_facts& x) {
  auto harmless = x.again == repetition::harmless;
  if (x.status >= 400 && says_nothing_done(x))
    return std::nullopt;
  if (x.status >= 500)
    return harmless ? std::nullopt : std::optional{ending::unknown};
  if (x.status < 400 && x.hidden == secrecy::secret)
    return ending::secret;
  if (x.size > max_kept_bytes)
    return harmless ? std::nullopt : std::optional{ending::too_large};
  return ending::kept;
}

} // namespace machine::requests
