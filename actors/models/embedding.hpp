#pragma once

#include "actors/models/chat.hpp"
#include "runtime/error.hpp"

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

/// Bounds on one request for vectors, and on their length.
constexpr size_t max_embedding_texts = 2'048;
constexpr size_t max_embedding_bytes = 16u << 20;
constexpr size_t max_vector_length = 16'384;

/// `invalid_argument` unless *what* is within its bounds and has no empty text.
caf::error check_embedding_request(const embedding_request& what);

/// `provider_garbled` unless *x* has a vector for every text of *what*, all of
/// one length and of finite numbers.
caf::error check_embeddings(const embedding_response& x,
                            const embedding_request& what);

} // namespace machine::models
