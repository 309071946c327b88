#pragma once

#include "actors/models/catalogue.hpp"
#include "actors/models/embedding.hpp"
#include "runtime/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Vectors and lists of models, for who wants all of a catalogue at once;
/// `embeddings.hpp` and `model_list.hpp` can do more.
namespace machine::gateway::proxy {

/// How the client wants its vectors.
struct embeddings_manner {
  /// Base64 of 32-bit floats, little endian, instead of lists of numbers.
  bool as_base64 = false;
};

/// What a client has asked for.
struct asked_embeddings {
  models::embedding_request request;
  /// As the client wrote it.
  std::string model;
  embeddings_manner manner;
};

/// Reads the body of `/v1/embeddings`. An error begins with the place it is
/// about.
caf::expected<asked_embeddings> read_embeddings(std::string_view body);

/// @param model Who has made the vectors, as the client is told.
std::string write_embeddings(const models::embedding_response& answer,
                             const std::string& model,
                             const embeddings_manner& manner);

/// Whose list of models it is. Clients of Anthropic send the header
/// `anthropic-version`.
enum class list_dialect : uint8_t { openai, anthropic };

/// All models of a catalogue, by id.
std::string write_models(const models::catalogue& from, list_dialect dialect);

/// The model *id*; fails with `not_found`.
caf::expected<std::string> write_model(const models::catalogue& from,
                                       const std::string& id,
                                       list_dialect dialect);

} // namespace machine::gateway::proxy
