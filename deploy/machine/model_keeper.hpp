#pragma once

#include "actors/models/catalogue_source.hpp"
#include "actors/models/discover.hpp"
#include "actors/models/provider_keys.hpp"
#include "runtime/config/config.hpp"
#include "runtime/file_watch.hpp"
#include "runtime/net/client.hpp"
#include "runtime/telemetry/log.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace machine::deploy {

/// Keeps what can be asked as the files say: when that of `models.catalogue` or
/// of `models.policies` changes they are read again, and what they say counts
/// from the next call on. One with mistakes changes nothing; the log says where
/// they are. It also looks for servers of models on this computer, again and
/// again: what they have is there beside what is configured, as long as they
/// are.
class model_keeper {
public:
  /// Fails with what is wrong with the catalogue, the script or an address.
  /// @param secret Finds secrets of the machine.
  static caf::expected<std::unique_ptr<model_keeper>>
  open(const config::config& settings, std::shared_ptr<net::client> http,
       logger log, models::key_lookup secret = {}, file_watch_options how = {});

  model_keeper(const model_keeper&) = delete;
  model_keeper& operator=(const model_keeper&) = delete;

  /// Reads no more.
  ~model_keeper() = default;

  const std::shared_ptr<models::catalogue_source>& source() const {
    return source_;
  }

  /// Reads the files and the secrets again. Any thread may call; it blocks.
  void read_again();

private:
  model_keeper(const config::config& settings,
               std::shared_ptr<net::client> http, logger log,
               models::key_lookup secret, file_watch_options how);

  bool look_around();

  void keep_looking();

  const config::config settings_;
  /// Several things may change at the same time.
  std::mutex reading_;
  const std::shared_ptr<net::client> http_;
  const logger log_;
  const models::key_lookup secret_;
  models::local_places places_;
  /// What was found last; under `reading_`.
  models::catalogue found_;
  std::shared_ptr<models::catalogue_source> source_;
  std::mutex resting_;
  std::condition_variable_any rest_;
  /// End before what they use.
  std::vector<std::unique_ptr<file_watch>> watches_;
  std::jthread scout_;
};

} // namespace machine::deploy
