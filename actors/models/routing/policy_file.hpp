#pragma once

#include "actors/models/routing/policy.hpp"

namespace machine::models {

/// The policies of a file (TOML), by name; each is a table `[policy.NAME]` with
/// the members of `routing_policy`: amounts are dollars and lengths of time
/// have a unit, both as text.
///
///     [policy.night]
///     prefer = "cheap"              # cheap, balanced, fast, best
///     weights = { quality = 1.0, cost = 0.1, latency = 0.0 }
///     minimum_quality = 0.6
///     allowed_models = ["gpt-*", "claude-*"]
///     denied_providers = ["ollama"]
///     where = "any"                 # any, local_only
///     regions = ["eu"]
///     no_training = true
///     zero_retention = false
///     exploration = { on = true, share = 0.1, budget = "0.10", window = "1h" }
///     hedging = { on = false, quantile = 0.95 }
///     cascade = { on = true, longest = 2 }
///     cache = { semantic = 0.95, embedder = "text-embedding-3-small" }
///     [policy.night.fallback]
///     on = true
///     on_refusal = true
///     tries = 4
///     deadline = "10m"
///     in_stream = "continue"        # continue, restart, fail
///
/// Errors name the file, the line, the key and the mending.
caf::expected<std::map<std::string, routing_policy>>
load_policies(std::string_view text, const std::string& file_name);

} // namespace machine::models
