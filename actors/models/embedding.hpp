#pragma once

#include "actors/models/chat.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace machine::models {

/// Texts that are to become vectors.
struct embedding_request {
  /// Not empty.
  std::vector<std::string> inputs;
  /// How long the vectors are to be; none: as the model makes them.
  std::optional<uint32_t> dimensions;
  /// For whom it is asked; opaque, and handed to the provider.
  std::string end_user;

  bool operator==(const embedding_request&) const = default;
};

struct embedding_response {
  /// One for every input, in their order, all of one length.
  std::vector<std::vector<float>> vectors;
  /// None if the provider did not count.
  std::optional<token_usage> usage;
  /// The provider's own name of the model that answered.
  std::string model;

  bool operator==(const embedding_response&) const = default;
};

} // namespace machine::models
