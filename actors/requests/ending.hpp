#pragma once

#include "runtime/error.hpp"
#include "runtime/wire/describe.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace machine::requests {

/// What it means to do the same twice.
enum class repetition : uint8_t {
  /// It is done twice.
  counts,
  /// It is as if it had been done once.
  harmless,
};

constexpr auto wire_names(repetition) {
  return std::array<std::pair<std::string_view, repetition>, 2>{{
    {"counts", repetition::counts},
    {"harmless", repetition::harmless},
  }};
}

/// What is known of a request that has ended.
enum class ending : uint8_t {
  /// Its answer, which is given again.
  kept,
  /// That it was done; its answer has a secret, which is not stored.
  secret,
  /// That it was done; its answer was too large.
  too_large,
  /// Not even whether it was done.
  unknown,
};

constexpr auto wire_names(ending) {
  return std::array<std::pair<std::string_view, ending>, 4>{{
    {"kept", ending::kept},
    {"secret", ending::secret},
    {"too_large", ending::too_large},
    {"unknown", ending::unknown},
  }};
}

/// Whether the answer to a success may be stored.
enum class secrecy : uint8_t { open, secret };

/// Bound on an answer that is kept, with its headers, in bytes.
constexpr size_t max_kept_bytes = 256u << 10;

/// What is to be known of an answer.
struct answer_facts {
  /// As HTTP has it.
  int status = 200;
  /// Of a problem; none for a success.
  ec code = ec::none;
  /// With its headers, in bytes.
  size_t size = 0;
  repetition again = repetition::counts;
  secrecy hidden = secrecy::open;
};

/// What is to be kept of an answer; none: nothing, and the key may be used
/// again, because nothing was done or because it is harmless to do it again.
std::optional<ending> ending_of(const answer_facts& x);

} // namespace machine::requests
