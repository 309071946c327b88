#pragma once

#include "actors/models/catalogue.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace machine::models {

/// A key, and how often it takes its turn.
struct provider_key {
  std::string text;
  uint32_t weight = 1;

  bool operator==(const provider_key&) const = default;
};

/// Finds the value of a variable, or a secret, by its name.
using key_lookup =
  std::function<std::optional<std::string>(const std::string&)>;

struct found_keys {
  std::vector<provider_key> keys;
  /// What to do about the keys that are not there: `set A (or themachine secret
  /// set A)`, `themachine secret set b`.
  std::vector<std::string> missing;
};

/// The keys of *about*. Where it names a variable that is not set, a secret of
/// that name does. Signatures of AWS for which it names none are made with
/// the variables of AWS's own tools, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
/// and AWS_SESSION_TOKEN.
found_keys find_keys(const provider_entry& about, const key_lookup& variable,
                     const key_lookup& secret);

} // namespace machine::models
