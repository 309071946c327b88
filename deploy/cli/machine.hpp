#pragma once

#include "deploy/cli/api_client.hpp"
#include "runtime/error.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace machine::cli {

/// How long a machine is wanted.
enum class lifetime : uint8_t {
  /// Until somebody stops it.
  until_stopped,
  /// As long as the command that starts it.
  of_command,
};

/// A machine that lives in this process. Its destructor stops it.
class running_machine {
public:
  virtual ~running_machine() = default;

  /// Where it listens.
  virtual cli::endpoint endpoint() const = 0;

  /// The key of its administrator, once, if this is its first start.
  virtual std::optional<std::string> take_first_key() {
    return std::nullopt;
  }

  /// Waits until it has to end: a client or `stop` asked for it, or it can do
  /// nothing any more, in which case the error says why.
  virtual caf::error wait() = 0;

  /// Asks it to stop; may be called from any thread, and twice.
  virtual void stop() = 0;
};

} // namespace machine::cli
