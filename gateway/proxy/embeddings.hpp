#pragma once

#include "actors/models/embedding.hpp"
#include "runtime/error.hpp"

#include <string>
#include <string_view>
#include <vector>

/// `/v1/embeddings` of OpenAI
/// (platform.openai.com/docs/api-reference/embeddings).
namespace machine::gateway::proxy {

/// How the numbers of a vector are spelled.
enum class vector_format : uint8_t {
  /// A list of numbers.
  list,
  /// Base64 of 32-bit floats, little endian.
  base64,
};

/// What a client has asked for.
struct asked_embedding {
  models::embedding_request request;
  /// As the client wrote it.
  std::string model;
  vector_format format = vector_format::list;
  /// What is not heeded; see `asked`.
  std::vector<std::string> ignored;
};

/// Bound on the texts of one request.
constexpr size_t max_inputs = 2'048;

/// Bound on the length of a vector.
constexpr uint32_t max_dimensions = 65'536;

/// Reads the body of a request. An error begins with the place it is about.
caf::expected<asked_embedding> read_embedding(std::string_view body);

/// @param model Who has made the vectors, as the client is told.
std::string write_embedding(const models::embedding_response& answer,
                            std::string_view model, vector_format format);

} // namespace machine::gateway::proxy
