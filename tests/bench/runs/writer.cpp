#include "tests/bench/runs/writer.hpp"

#include "tests/bench/report.hpp"

#include <caf/send.hpp>

#include <filesystem>

namespace machine::bench {

namespace {

void check(int code) {
  if (code != MDB_SUCCESS)
    give_up(std::string{"LMDB: "} + mdb_strerror(code));
}

/// Big-endian, so that the records of a run lie side by side.
std::array<unsigned char, 12> key_of(const record& x) {
  std::array<unsigned char, 12> result{};
  for (size_t i = 0; i < 8; ++i)
    result[7 - i] = static_cast<unsigned char>(x.run >> (8 * i));
  for (size_t i = 0; i < 4; ++i)
    result[11 - i] = static_cast<unsigned char>(x.step >> (8 * i));
  return result;
}

} // namespace

database::database(const std::string& path) {
  std::filesystem::create_directories(path);
  check(mdb_env_create(&env_));
  check(mdb_env_set_mapsize(env_, size_t{8} << 30));
  check(mdb_env_open(env_, path.c_str(), MDB_NOTLS, 0600));
  MDB_txn* tx = nullptr;
  check(mdb_txn_begin(env_, nullptr, 0, &tx));
  check(mdb_dbi_open(tx, nullptr, 0, &table_));
  check(mdb_txn_commit(tx));
}

database::~database() {
  mdb_env_close(env_);
}

void database::commit(std::span<const record> xs) {
  MDB_txn* tx = nullptr;
  check(mdb_txn_begin(env_, nullptr, 0, &tx));
  for (const auto& x : xs) {
    auto key = key_of(x);
    MDB_val k{key.size(), key.data()};
    MDB_val v{x.value.size(), const_cast<char*>(x.value.data())};
    check(mdb_put(tx, table_, &k, &v, 0));
  }
  check(mdb_txn_commit(tx));
}

writer::writer(const std::string& path)
    : database_(path), thread_([this] { write_all(); }) {}

writer::~writer() {
  {
    std::lock_guard guard{mutex_};
    stopped_ = true;
  }
  wakeup_.notify_one();
  thread_.join();
}

void writer::hand(const record& what, caf::actor from) {
  std::lock_guard guard{mutex_};
  records_.push_back(what);
  waiting_.push_back(std::move(from));
  if (records_.size() == 1)
    wakeup_.notify_one();
}

void writer::write_all() {
  std::vector<record> records;
  std::vector<caf::actor> waiting;
  for (;;) {
    {
      std::unique_lock guard{mutex_};
      wakeup_.wait(guard, [this] { return stopped_ || !records_.empty(); });
      if (records_.empty())
        return;
      records.swap(records_);
      waiting.swap(waiting_);
    }
    database_.commit(records);
    ++commits_;
    for (auto& x : waiting)
      caf::anon_send(x, caf::ok_atom_v);
    records.clear();
    waiting.clear();
  }
}

} // namespace machine::bench
