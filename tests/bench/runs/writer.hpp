#pragma once

#include <caf/actor.hpp>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <lmdb.h>

/// Group commit with nothing around it.
namespace machine::bench {

/// What is durable of a step.
struct record {
  uint64_t run = 0;
  uint32_t step = 0;
  std::array<char, 200> value{};
};

/// An LMDB in the new directory *path*, with fsync on every commit.
class database {
public:
  explicit database(const std::string& path);

  database(const database&) = delete;
  database& operator=(const database&) = delete;

  ~database();

  /// Puts all of *xs* in one transaction. They are durable when this returns.
  void commit(std::span<const record> xs);

private:
  MDB_env* env_ = nullptr;
  MDB_dbi table_ = 0;
};

/// One thread that puts all that waits into one transaction, and tells those
/// who handed it over (`ok_atom`) when it is durable.
class writer {
public:
  explicit writer(const std::string& path);

  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  ~writer();

  void hand(const record& what, caf::actor from);

  size_t commits() const {
    return commits_;
  }

private:
  void write_all();

  database database_;
  std::atomic<size_t> commits_ = 0;
  std::mutex mutex_;
  std::condition_variable wakeup_;
  bool stopped_ = false;
  std::vector<record> records_;
  std::vector<caf::actor> waiting_;
  std::thread thread_;
};

} // namespace machine::bench
