#pragma once

#include "actors/costs/money.hpp"
#include "actors/models/dialect.hpp"
#include "actors/models/message.hpp"
#include "runtime/error.hpp"
#include "runtime/wire/describe.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace machine::models {

/// How a provider speaks.
enum class protocol_kind : uint8_t {
  /// OpenAI's chat completions, which many servers speak.
  openai,
  openai_responses,
  anthropic,
  gemini,
  /// Amazon Bedrock's Converse.
  bedrock,
  scripted,
};

constexpr auto wire_names(protocol_kind) {
  return std::array<std::pair<std::string_view, protocol_kind>, 6>{{
    {"openai", protocol_kind::openai},
    {"openai_responses", protocol_kind::openai_responses},
    {"anthropic", protocol_kind::anthropic},
    {"gemini", protocol_kind::gemini},
    {"bedrock", protocol_kind::bedrock},
    {"scripted", protocol_kind::scripted},
  }};
}

/// How a provider is told who asks.
enum class auth_style : uint8_t {
  none,
  /// `Authorization: Bearer KEY`.
  bearer,
  /// A header that has nothing but the key.
  x_api_key,
  api_key,
  x_goog_api_key,
  /// Signature Version 4 of AWS; the key is `ID:SECRET`, or
  /// `ID:SECRET:SESSION_TOKEN`.
  aws,
};

constexpr auto wire_names(auth_style) {
  return std::array<std::pair<std::string_view, auth_style>, 6>{{
    {"none", auth_style::none},
    {"bearer", auth_style::bearer},
    {"x-api-key", auth_style::x_api_key},
    {"api-key", auth_style::api_key},
    {"x-goog-api-key", auth_style::x_goog_api_key},
    {"aws", auth_style::aws},
  }};
}

/// Where a key is found: in the environment, or among the machine's secrets.
struct key_source {
  /// The name of a variable; empty if it is a secret.
  std::string env;
  std::string secret;
  /// How often the key takes its turn, compared to the others.
  uint32_t weight = 1;

  bool operator==(const key_source&) const = default;
};

/// An endpoint that serves models.
struct provider_entry {
  std::string name;
  protocol_kind protocol = protocol_kind::openai;
  /// Without the path of the call; empty for `scripted`.
  std::string url;
  /// The environment variable that holds the key; empty: none is needed.
  std::string key_env;
  /// Runs on this machine or network.
  bool local = false;
  /// Where its machines stand, in the words of those who ask for it (`eu`).
  std::vector<std::string> regions;
  /// What it has promised about what it is sent: to train nothing with it, and
  /// to keep nothing of it. What is local needs no promise.
  bool no_training = false;
  bool zero_retention = false;
  /// Of its models, as far as they do not say.
  dialect speaks;
  /// None: as is usual for the protocol and the address.
  std::optional<auth_style> auth{};
  /// Azure: the version of its API. Without `/v1` at the end of `url` the model
  /// is the name of a deployment.
  std::string api_version{};
  /// AWS: where the models run, such as `eu-west-1`.
  std::string region{};
  /// Beside that of `key_env`.
  std::vector<key_source> keys{};
  /// What each key may do with each model; 0: what the provider lets it do.
  uint64_t requests_per_minute = 0;
  uint64_t tokens_per_minute = 0;
  /// Sent with every request.
  std::vector<std::pair<std::string, std::string>> headers{};

  bool operator==(const provider_entry&) const = default;
};

/// Whether a model thinks before it answers.
enum class thinking : uint8_t {
  none,
  /// What it thinks comes with its answer, word for word.
  shown,
  /// What it thinks is counted and paid for, but not seen, or only a summary of
  /// it is: an answer costs more than what has come of it tells.
  hidden,
};

constexpr auto wire_names(thinking) {
  return std::array<std::pair<std::string_view, thinking>, 3>{{
    {"none", thinking::none},
    {"shown", thinking::shown},
    {"hidden", thinking::hidden},
  }};
}

/// What a provider has promised about what it is sent.
enum class data_promise : uint8_t {
  /// It trains no model with it.
  no_training,
  /// It keeps nothing once the answer is given.
  zero_retention,
};

constexpr auto wire_names(data_promise) {
  return std::array<std::pair<std::string_view, data_promise>, 2>{{
    {"no_training", data_promise::no_training},
    {"zero_retention", data_promise::zero_retention},
  }};
}

struct model_entry {
  /// What people and workflows call it.
  std::string id;
  /// What else it is called. No two models share one, and none is an id.
  std::vector<std::string> aliases;
  std::string provider;
  /// What the provider calls it.
  std::string name;
  uint64_t context_tokens = 0;
  uint32_t max_output_tokens = 0;
  bool tools = false;
  bool structured_output = false;
  /// What its prompts may hold beside text.
  std::vector<attachment_kind> takes;
  /// Images in one prompt; none: no bound is known.
  std::optional<uint32_t> max_images;
  thinking reasoning = thinking::none;
  /// Its answers come piece by piece.
  bool streams = true;
  /// It makes vectors of texts, and no answers.
  bool embeddings = false;
  /// How long its vectors are, unless fewer are asked for; none: not known.
  std::optional<uint32_t> dimensions;
  dialect speaks;
  /// None: unknown, and the model is not used.
  std::optional<costs::price> price;
  /// Expected quality by kind of job, 0 to 1; `general` stands for the rest.
  std::map<std::string, double> quality;
  /// Where it is computed, in the provider's words (`eu`, `us-east-1`); empty:
  /// not said.
  std::vector<std::string> regions;
  std::vector<data_promise> data;
  /// The day, as 2026-11-28, from which its provider does not serve it any
  /// more; empty: none is known.
  std::string deprecated;
  /// Where the price was read, and when.
  std::string source;
  std::string as_of;

  bool operator==(const model_entry&) const = default;
};

/// The list of providers and models.
struct catalogue {
  std::map<std::string, provider_entry> providers;
  std::map<std::string, model_entry> models;
  /// The ids of models by what else they are called.
  std::map<std::string, std::string> aliases;
};

/// The model that has *name* as its id or alias; null if there is none.
const model_entry* find_model(const catalogue& in, const std::string& name);

/// Whether *name* asks for a choice (`auto`, `auto:cheap`), so that no model
/// can be called so.
bool is_reserved_name(std::string_view name);

/// Adds what *text* (TOML) lists to *base*; entries of the same name replace,
/// and an alias of *base* gives way to an id or alias of *text*. Errors name
/// the file, the line, the key and the mending.
caf::expected<catalogue> load_catalogue(catalogue base, std::string_view text,
                                        const std::string& file_name);

/// The catalogue that comes with the machine (`catalogue.toml`).
caf::expected<catalogue> built_in_catalogue();

} // namespace machine::models
