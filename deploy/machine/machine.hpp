#pragma once

#include "runtime/config/config.hpp"

#include <memory>
#include <optional>
#include <string>

namespace machine::deploy {

/// Where a machine is reached, and with what.
struct endpoint {
  std::string url;
  std::string token;
  /// The PEM file of the certificate that it made for itself; empty: none, or
  /// one that others know.
  std::string certificate;
};

/// Whom a machine serves.
enum class service : uint8_t {
  /// Everybody, until somebody stops it.
  lasting,
  /// The command that started it, and ends with it. Says so in its
  /// `endpoint.json`, so that others know what to do when it is gone.
  transient,
};

/// A machine in this process: store, actors, gateway.
class running_machine {
public:
  /// Opens the store in `data.dir`, goes on with what an earlier machine left,
  /// and serves. Writes `endpoint.json` into the data directory when it does.
  /// Fails with `locked` if another process has the store, and with what is
  /// wrong with the catalogue, the script or the address.
  static caf::expected<std::unique_ptr<running_machine>>
  start(const config::config& settings, service whom = service::lasting);

  running_machine(const running_machine&) = delete;
  running_machine& operator=(const running_machine&) = delete;
  ~running_machine();

  const endpoint& where() const;

  /// The key of the administrator that a machine makes at its first start, for
  /// whoever started it. None afterwards: nobody keeps it.
  std::optional<std::string> take_first_key();

  /// Returns when somebody has asked the machine to stop, or with `internal`
  /// when its actors failed again and again and it can do nothing any more.
  caf::error wait();

  /// Makes `wait` return; safe to call from any thread.
  void ask_to_stop();

private:
  struct impl;

  explicit running_machine(std::unique_ptr<impl> what);

  std::unique_ptr<impl> impl_;
};

} // namespace machine::deploy
