#pragma once

#include "actors/models/catalogue_source.hpp"
#include "runtime/config/config.hpp"
#include "runtime/file_watch.hpp"
#include "runtime/net/client.hpp"
#include "runtime/telemetry/log.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace machine::deploy {

/// Keeps what can be asked as the files say: when that of `models.catalogue` or
/// of `models.policies` changes they are read again, and what they say counts
/// from the next call on. One with mistakes changes nothing; the log says where
/// they are.
class model_keeper {
public:
  /// Fails with what is wrong with the catalogue, the script or an address.
  static caf::expected<std::unique_ptr<model_keeper>>
  open(const config::config& settings, std::shared_ptr<net::client> http,
       logger log, file_watch_options how = {});

  model_keeper(const model_keeper&) = delete;
  model_keeper& operator=(const model_keeper&) = delete;

  /// Reads no more.
  ~model_keeper() = default;

  const std::shared_ptr<models::catalogue_source>& source() const {
    return source_;
  }

private:
  model_keeper(const config::config& settings,
               std::shared_ptr<net::client> http, logger log,
               file_watch_options how);

  void read_again();

  const config::config settings_;
  /// Two files may change at the same time.
  std::mutex reading_;
  const std::shared_ptr<net::client> http_;
  const logger log_;
  std::shared_ptr<models::catalogue_source> source_;
  /// End before what they use.
  std::vector<std::unique_ptr<file_watch>> watches_;
};

} // namespace machine::deploy
