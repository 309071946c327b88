#pragma once

#include "actors/models/catalogue.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// What servers of models on this machine say that they have. Pure: reading
/// alone; `discover.hpp` asks.
namespace machine::models {

/// A model that a server has.
struct local_model {
  /// What the server calls it.
  std::string name;
  /// What its prompt and its answer may have together; 0: not known.
  uint64_t context_tokens = 0;
  bool tools = false;
  bool images = false;
  bool audio = false;
  /// It makes vectors, and no answers.
  bool embeds = false;

  bool operator==(const local_model&) const = default;
};

/// Bound on the models of one server that are looked at.
constexpr size_t max_local_models = 64;

/// Of Ollama, `GET /api/tags`.
std::vector<local_model> read_ollama_tags(std::string_view body);

/// Of Ollama, `GET /api/ps`: how long a context the models have that are loaded
/// now, by name.
std::map<std::string, uint64_t> read_ollama_contexts(std::string_view body);

/// Of Ollama, `POST /api/show`: what it can do, and the longest context that it
/// could have.
void read_ollama_show(std::string_view body, local_model& x);

/// Of any server, `GET /v1/models`.
std::vector<local_model> read_model_list(std::string_view body);

/// Of llama.cpp, `GET /props`: of the one model that it serves.
void read_llama_props(std::string_view body, local_model& x);

/// A server on this machine.
struct local_server {
  /// The name of its provider in the catalogue.
  std::string provider;
  /// Without a path.
  std::string url;
};

/// Adds the provider *of* and its models to *to*, at a price of zero. What is
/// there under the same name stays; what makes no answers is left out.
void add_local_models(catalogue& to, const local_server& of,
                      const std::vector<local_model>& all);

/// Adds what *found* has to *to*: servers with their models, none of which
/// takes the place of what is there under its name or an alias. Where the name
/// of a server stands for another address, it is called `local-NAME`; if that
/// does, too, the server is left out.
/// @returns The ids of the models that were added.
std::set<std::string> merge_local_models(catalogue& to, const catalogue& found);

} // namespace machine::models
