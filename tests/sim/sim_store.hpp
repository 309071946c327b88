#pragma once

#include "runtime/error.hpp"
#include "runtime/store/store.hpp"
#include "runtime/types.hpp"
#include "tests/sim/dice.hpp"
#include "tests/sim/timeline.hpp"

#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace machine::sim {

/// What an entity wants to have in its log.
struct sim_append {
  /// `run/r-1`.
  std::string stream;
  uint64_t epoch = 0;
  /// Events that the log has to have before.
  uint64_t expected = 0;
  std::vector<bytes> payloads;
  std::optional<bytes> snapshot;
  /// Whether it is to be loaded when the machine starts.
  bool open = false;
};

/// What is durable. It outlives every machine; only its answers get lost.
class sim_store {
public:
  struct stream {
    std::vector<bytes> payloads;
    /// With the number of the last event that it contains.
    std::optional<std::pair<uint64_t, bytes>> snapshot;
    uint64_t epoch = 0;
    bool open = false;
  };

  using answer = std::function<void(const caf::error&)>;
  using observer = std::function<void(const sim_append&, uint64_t first_seq)>;

  /// @param durable Called for each append at the moment from which it is
  ///                durable.
  sim_store(timeline& in, fate& by, observer durable)
      : timeline_(in), fate_(by), durable_(std::move(durable)) {}

  /// Appends at once or later, or not at all, whatever it says.
  void append(sim_append what, owner whose, answer to);

  /// Waits for what was appended to *name* by somebody who died, and makes the
  /// caller its owner.
  uint64_t claim(const std::string& name);

  /// Somebody else owns *name* for a while.
  void usurp(const std::string& name) {
    ++streams_[name].epoch;
  }

  /// What was under way when the machine died has happened, or never will.
  void settle_all();

  const stream& at(const std::string& name) const;

  const std::map<std::string, stream>& all() const {
    return streams_;
  }

  /// What events name by its hash; that it is there is no part of the play.
  void keep(bytes content) {
    auto hash = store::hash_blob(content);
    blobs_.emplace(std::move(hash), std::move(content));
  }

  caf::expected<bytes> blob(const store::blob_hash& hash) const {
    auto i = blobs_.find(hash);
    if (i == blobs_.end())
      return make_error(ec::not_found, "there is no blob " + hash);
    return i->second;
  }

private:
  struct pending {
    uint64_t number = 0;
    sim_append what;
    owner whose;
    answer to;
    /// What is said if it is refused; none: it is tried.
    caf::error refused;
    /// What is said although it is durable.
    caf::error lie;
  };

  using place = std::list<pending>::iterator;

  length draw_time();
  void conclude(place which);
  caf::error write(sim_append& what);

  timeline& timeline_;
  fate& fate_;
  observer durable_;
  std::map<std::string, stream> streams_;
  std::map<store::blob_hash, bytes> blobs_;
  std::list<pending> pending_;
  uint64_t last_ = 0;
  /// Keeps what is under way alive.
  std::shared_ptr<const int> life_ = std::make_shared<const int>(0);
};

} // namespace machine::sim
