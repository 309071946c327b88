#pragma once

#include "gateway/api/scope.hpp"

#include <optional>
#include <string>

namespace machine::gateway {

/// The text of a workflow that has a name.
struct workflow_text {
  std::string text;
  /// What messages call it: `deploy.yaml (version 3)`.
  std::string file;
  /// None: it comes with the machine.
  std::optional<uint32_t> version;
};

/// What workflows of *project* may refer to. *in* has to live as long. Blocks.
orchestrator::load_context workflows_for(const scope& in,
                                         const std::string& project);

/// The workflow *name* that comes with the machine, or that *project* has:
/// *version* of it, or the newest. `not_found`. Blocks.
caf::expected<workflow_text> find_text(const scope& in,
                                       const std::string& project,
                                       const std::string& name,
                                       std::optional<uint32_t> version);

/// The text of *version* of a workflow that *project* has, or had: `not_found`.
/// Blocks.
caf::expected<orchestrator::workflow_published>
read_version(const scope& in, const std::string& project,
             const std::string& name, uint32_t version);

} // namespace machine::gateway
