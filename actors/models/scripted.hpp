#pragma once

#include "actors/models/provider.hpp"
#include "actors/models/script.hpp"

#include <memory>

namespace machine::models {

/// A provider that answers from a script: for development without a network,
/// and labelled as such wherever a person sees it. It streams, delays and fails
/// as the script says.
std::shared_ptr<provider> make_scripted(std::string name, script what);

} // namespace machine::models
