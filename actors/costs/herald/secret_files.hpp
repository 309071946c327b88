#pragma once

#include <functional>
#include <optional>
#include <string>

namespace machine::costs {

/// Finds the secret of a tenant by its name; none: there is none.
using secret_finder = std::function<std::optional<std::string>(
  const std::string& tenant, const std::string& id)>;

/// Secrets that are files, *directory*`/TENANT/ID`, read anew each time,
/// without the end of a line at their end; at most 4 KiB, and not empty.
secret_finder secrets_in(std::string directory);

/// What *one* finds, or else *other*; either may be empty.
secret_finder first_of(secret_finder one, secret_finder other);

} // namespace machine::costs
