#pragma once

#include "actors/models/catalogue.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace machine::models {

/// What is to be taken from LiteLLM's list of prices
/// (`model_prices_and_context_window.json`).
struct import_request {
  /// Providers, as the list or the catalogue calls them; empty: all that the
  /// catalogue has.
  std::vector<std::string> providers;
  /// Whether a model is wanted, by its name in the list; none: all are.
  std::function<bool(std::string_view)> wanted;
  /// What the entries say where the list names no source, and the day.
  std::string source;
  std::string as_of;
};

/// A sentence about a model, by its name in the list.
struct import_note {
  std::string name;
  std::string text;

  bool operator==(const import_note&) const = default;
};

struct import_result {
  /// By id. What the list does not know (quality, aliases, dialect) is as the
  /// catalogue has it.
  std::vector<model_entry> models;
  /// The same as a catalogue's file.
  std::string toml;
  /// Models of the list that were not taken, and why.
  std::vector<import_note> skipped;
  /// What was taken otherwise than the list says it.
  std::vector<import_note> notes;
  /// Members of the models that were taken which mean nothing to a catalogue,
  /// and how often each stood there.
  std::map<std::string, size_t> ignored;
};

/// Bounds on the list: in bytes, in models, and on different members.
constexpr size_t max_price_list_bytes = 16u << 20;
constexpr size_t max_price_list_models = 20'000;
constexpr size_t max_ignored_members = 1'000;

/// Reads the list *text*. Prices are exact; one with more decimals than a
/// catalogue has is rounded up. @param known The catalogue that the models are
/// for. Fails with `invalid_argument` for what is no such list, and with
/// `limit_exceeded`.
caf::expected<import_result> import_litellm(std::string_view text,
                                            const catalogue& known,
                                            const import_request& what);

} // namespace machine::models
