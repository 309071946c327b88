#pragma once

#include "deploy/cli/api_client.hpp"
#include "deploy/cli/session.hpp"
#include "runtime/config/config.hpp"

/// Which machine a command talks to, and as whom: the one of the data directory
/// by the word that it wrote down, unless the settings `client.*` say
/// otherwise.
namespace machine::cli {

/// What the settings say. `invalid_argument` for an address that is none, and
/// for one to which a key would travel unencrypted.
caf::expected<access> access_of(const config::config& settings);

/// Where the machine is now. `invalid_argument` if it is elsewhere, and there
/// is no key.
caf::expected<endpoint> endpoint_of(const session& in);

/// The machine, if it is up. Of one elsewhere nobody knows before the first
/// request.
caf::expected<api_client> find_machine(const session& in);

/// `invalid_argument` if *in* is about another machine than that of the data
/// directory, which is the only one that *what* is for.
caf::error check_is_here(const session& in, const std::string& what);

} // namespace machine::cli
