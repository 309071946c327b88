#pragma once

#include "actors/costs/money.hpp"
#include "actors/models/dialect.hpp"
#include "actors/models/message.hpp"
#include "runtime/error.hpp"
#include "runtime/wire/describe.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machine::models {

/// How a provider speaks.
enum class protocol_kind : uint8_t { openai, anthropic, scripted };

constexpr auto wire_names(protocol_kind) {
  return std::array<std::pair<std::string_view, protocol_kind>, 3>{{
    {"openai", protocol_kind::openai},
    {"anthropic", protocol_kind::anthropic},
    {"scripted", protocol_kind::scripted},
  }};
}

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
  /// Of its models, as far as they do not say.
  dialect speaks;

  bool operator==(const provider_entry&) const = default;
};

struct model_entry {
  /// What people and workflows call it.
  std::string id;
  std::string provider;
  /// What the provider calls it.
  std::string name;
  uint64_t context_tokens = 0;
  uint32_t max_output_tokens = 0;
  bool tools = false;
  bool structured_output = false;
  /// What its prompts may hold beside text.
  std::vector<attachment_kind> takes;
  dialect speaks;
  /// None: unknown, and the model is not used.
  std::optional<costs::price> price;
  /// Expected quality by kind of job, 0 to 1; `general` stands for the rest.
  std::map<std::string, double> quality;
  /// Where the price was read, and when.
  std::string source;
  std::string as_of;

  bool operator==(const model_entry&) const = default;
};

/// The list of providers and models.
struct catalogue {
  std::map<std::string, provider_entry> providers;
  std::map<std::string, model_entry> models;
};

/// Adds what *text* (TOML) lists to *base*; entries of the same name replace.
/// Errors name the file, the line, the key and the mending.
caf::expected<catalogue> load_catalogue(catalogue base, std::string_view text,
                                        const std::string& file_name);

/// The catalogue that comes with the machine (`catalogue.toml`).
caf::expected<catalogue> built_in_catalogue();

} // namespace machine::models
