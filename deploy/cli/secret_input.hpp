#pragma once

#include "runtime/error.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace machine::security {

class secret_text;

} // namespace machine::security

namespace machine::cli {

/// Text that nobody else is to see, wiped when it goes.
using secret_input = std::shared_ptr<const security::secret_text>;

/// Reads one line from *descriptor*: from a terminal without showing what is
/// typed, after the question *what* on the standard error; from anything else
/// as it comes. Fails with `invalid_argument` if there is none, or if it has
/// more than 1,024 bytes, and with `cancelled` on Ctrl-C.
caf::expected<secret_input> read_secret(int descriptor,
                                        const std::string& what);

/// The same for a new secret, which is asked for twice at a terminal.
caf::expected<secret_input> read_new_secret(int descriptor,
                                            const std::string& what);

/// All of *descriptor*, but for the end of a line at its end, as a secret of at
/// most *most* bytes. Fails with `invalid_argument` if there is none, or more.
caf::expected<secret_input>
read_whole_secret(int descriptor, const std::string& what, size_t most);

} // namespace machine::cli
