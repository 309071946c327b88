#pragma once

#include "runtime/store/tables.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>

namespace machine::test {

using change =
  std::function<int(store::lmdb::transaction&, const store::lmdb::tables&)>;

/// Does *what* to a store behind its back.
inline void meddle(const std::string& directory, const change& what) {
  using namespace store::lmdb;
  MDB_env* env = nullptr;
  REQUIRE(mdb_env_create(&env) == 0);
  REQUIRE(mdb_env_set_maxdbs(env, 16) == 0);
  REQUIRE(mdb_env_set_mapsize(env, 1u << 26) == 0);
  REQUIRE(mdb_env_open(env, directory.c_str(), MDB_NOTLS, 0600) == 0);
  {
    transaction tx{env, transaction::mode::write};
    REQUIRE(tx.status() == 0);
    tables in;
    REQUIRE(in.open(tx, MDB_CREATE) == 0);
    REQUIRE(what(tx, in) == 0);
    REQUIRE(tx.commit() == 0);
  }
  mdb_env_close(env);
}

} // namespace machine::test
