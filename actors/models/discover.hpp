#pragma once

#include "actors/models/local_models.hpp"
#include "runtime/net/client.hpp"

namespace machine::models {

/// Where servers of models usually listen on this machine.
struct local_places {
  std::string ollama = "http://127.0.0.1:11434";
  std::string llama_cpp = "http://127.0.0.1:8080";
  /// How long a context Ollama gives a model that is not loaded: its variable
  /// `OLLAMA_CONTEXT_LENGTH`, or what it does without. Longer prompts would be
  /// cut without a word.
  uint64_t ollama_context = 4'096;
  /// Of each question.
  duration deadline{300};
};

/// Asks the servers at *where* which models they have, and adds these to *to*.
/// Nobody there is no error. Takes up to two deadlines; not for actors.
void discover_local(catalogue& to, net::client& http,
                    const local_places& where = {});

} // namespace machine::models
