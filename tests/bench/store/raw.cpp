#include "tests/bench/store/bench.hpp"

#include <lmdb.h>

#include <array>
#include <cstring>
#include <filesystem>

namespace machine::bench {

namespace {

void check(int code) {
  if (code != MDB_SUCCESS)
    give_up(std::string{"LMDB: "} + mdb_strerror(code));
}

class raw final : public contestant {
public:
  explicit raw(const std::string& path) {
    std::filesystem::create_directories(path);
    check(mdb_env_create(&env_));
    check(mdb_env_set_maxdbs(env_, 16));
    check(mdb_env_set_mapsize(env_, size_t{8} << 30));
    check(mdb_env_open(env_, path.c_str(), MDB_NOTLS, 0600));
    MDB_txn* tx = nullptr;
    check(mdb_txn_begin(env_, nullptr, 0, &tx));
    check(mdb_dbi_open(tx, "events", MDB_CREATE, &events_));
    check(mdb_dbi_open(tx, "streams", MDB_CREATE, &streams_));
    check(mdb_txn_commit(tx));
  }

  ~raw() override {
    mdb_env_close(env_);
  }

  round run(size_t width, size_t times) override {
    round result;
    result.latencies.reserve(width * times);
    seqs_.resize(std::max(seqs_.size(), width));
    auto begin = clock::now();
    for (size_t i = 0; i < times; ++i) {
      auto start = clock::now();
      MDB_txn* tx = nullptr;
      check(mdb_txn_begin(env_, nullptr, 0, &tx));
      for (size_t stream = 0; stream < width; ++stream)
        append(tx, stream);
      check(mdb_txn_commit(tx));
      auto took = microseconds(clock::now() - start);
      result.latencies.insert(result.latencies.end(), width, took);
    }
    result.total = clock::now() - begin;
    result.appends = width * times;
    result.commits = times;
    return result;
  }

private:
  /// Puts values of just the sizes that the engine's have.
  void append(MDB_txn* tx, size_t stream) {
    auto seq = ++seqs_[stream];
    std::array<char, 16> key{};
    for (size_t i = 0; i < 8; ++i) {
      key[7 - i] = static_cast<char>((stream + 1) >> (8 * i));
      key[15 - i] = static_cast<char>(seq >> (8 * i));
    }
    std::array<char, 16 + payload_size> event{};
    std::memset(event.data() + 16, 'x', payload_size);
    put(tx, events_, {key.data(), key.size()}, {event.data(), event.size()});
    std::string name{"run\0bench\0s", 11};
    name += std::to_string(stream);
    std::array<char, 40> head{};
    std::memcpy(head.data(), &seq, sizeof seq);
    put(tx, streams_, name, {head.data(), head.size()});
  }

  static void put(MDB_txn* tx, MDB_dbi table, std::string_view key,
                  std::string_view value) {
    MDB_val k{key.size(), const_cast<char*>(key.data())};
    MDB_val v{value.size(), const_cast<char*>(value.data())};
    check(mdb_put(tx, table, &k, &v, 0));
  }

  MDB_env* env_ = nullptr;
  MDB_dbi events_ = 0;
  MDB_dbi streams_ = 0;
  std::vector<uint64_t> seqs_;
};

} // namespace

std::unique_ptr<contestant> make_raw(const std::string& path) {
  return std::make_unique<raw>(path);
}

} // namespace machine::bench
