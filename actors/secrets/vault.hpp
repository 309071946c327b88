#pragma once

#include "actors/secrets/key_file.hpp"
#include "actors/secrets/vault_secret.hpp"
#include "runtime/store/store.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace machine::secrets {

/// A value, wiped when it goes.
using secret_value = std::shared_ptr<const security::secret_text>;

/// Has the entity of a secret decide something, and waits.
using secret_teller =
  std::function<caf::error(const entity::key&, const secret_command&)>;

/// Makes new master keys durable.
using key_keeper = std::function<caf::error(const master_keys&)>;

/// What a change of the master key has done.
struct rotation_report {
  /// The id of the key that is in use.
  std::string key;
  /// Secrets that are under another key than before.
  uint32_t secrets = 0;
  /// Keys that were forgotten.
  uint32_t forgotten = 0;

  static constexpr const char* wire_name = "vault_rotation";

  static constexpr auto fields() {
    return wire::members(wire::field{"key", &rotation_report::key},
                         wire::field{"secrets", &rotation_report::secrets},
                         wire::field{"forgotten", &rotation_report::forgotten});
  }
};

/// A secret that nobody can open.
struct lost_secret {
  entity::key id;
  /// The id of the key that it is sealed under.
  std::string master;
};

/// What has the master keys: it seals secrets, opens them, and moves all of
/// them to another key. Values leave it by `find` alone. Any thread may call.
class vault {
public:
  /// @param keep None: the keys come from elsewhere, and are not ours to make.
  vault(std::shared_ptr<store::engine> engine, master_keys keys,
        key_keeper keep);

  vault(const vault&) = delete;
  vault& operator=(const vault&) = delete;

  /// A secret that is being set. Until it has ended, the key that it is sealed
  /// under is not forgotten.
  class putting {
  public:
    putting(vault& in, security::master_key key);

    putting(const putting&) = delete;
    putting& operator=(const putting&) = delete;
    ~putting();

    /// The command that sets it.
    put_secret seal(const security::secret_subject& about,
                    std::string_view value, std::string by) const;

    /// It is known whether it was set.
    void settle() {
      settled_ = true;
    }

  private:
    vault& in_;
    const security::master_key key_;
    bool settled_ = false;
  };

  /// Must not outlive the vault.
  std::shared_ptr<putting> begin_put();

  /// The value of a secret: `not_found`, or `corrupt` if nobody can open it.
  /// Blocks.
  caf::expected<secret_value> find(const std::string& tenant,
                                   const std::string& name);

  /// Secrets that are sealed under a key that is not here. Blocks.
  caf::expected<std::vector<lost_secret>> list_lost();

  /// The id of the key that secrets are sealed under now.
  std::string key_id();

  /// Makes a new master key, moves all secrets to it, and forgets the old one.
  /// `conflict` if keys are not ours to make, or another change is under way.
  /// One that was cut off is finished by the next call of this or of
  /// `finish_rotation`. Blocks.
  caf::expected<rotation_report> rotate(const secret_teller& tell);

  /// Moves all secrets to the first key, and forgets the others. Blocks.
  caf::expected<rotation_report> finish_rotation(const secret_teller& tell);

  /// Whether there are keys that are not in use any more.
  bool has_old_keys();

private:
  caf::expected<rotation_report> move_all(const secret_teller& tell);

  caf::error move(const entity::key& id, const secret_teller& tell,
                  uint32_t& moved);

  master_keys keys();

  caf::error
  for_each(const std::map<std::string, std::string>& where,
           const std::function<caf::error(const entity::key&)>& what);

  void end_put(const std::string& key, bool settled);

  /// Waits until nothing is being set under old keys; whether it is known what
  /// became of all.
  bool wait_for_puts();

  const std::shared_ptr<store::engine> engine_;
  const key_keeper keep_;
  /// Held during a change of keys.
  std::mutex rotating_;
  std::mutex mutex_;
  std::condition_variable ended_;
  master_keys keys_;
  /// Being set, by the id of the key.
  std::map<std::string, size_t> puts_;
  /// Nobody knows whether something under an old key will still be committed.
  bool doubtful_ = false;
};

} // namespace machine::secrets
