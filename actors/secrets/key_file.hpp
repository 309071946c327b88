#pragma once

#include "runtime/error.hpp"
#include "runtime/security/sealed.hpp"

#include <string>
#include <vector>

namespace machine::secrets {

/// The first is the one that secrets are sealed under from now on; the others
/// open what was sealed before.
using master_keys = std::vector<security::master_key>;

/// Of one file.
constexpr size_t max_master_keys = 16;

/// Reads the file *path*: a master key a line, 64 hexadecimal digits, and lines
/// that begin with `#`. Fails with `not_found`, with `denied` if others than
/// its owner may read it, and with `corrupt`, without what stands there.
caf::expected<master_keys> read_key_file(const std::string& path);

/// Replaces the file *path*, which only its owner may read; whoever reads it
/// meanwhile finds what was there, or what is. It is durable when this returns.
caf::error write_key_file(const std::string& path, const master_keys& keys);

/// Reads one key from *text*, which is the setting *name*.
caf::expected<security::master_key> read_master_key(const std::string& name,
                                                    const std::string& text);

/// A new one, of the random bits of this computer.
security::master_key make_master_key();

} // namespace machine::secrets
