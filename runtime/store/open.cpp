#include "runtime/store/open.hpp"

#include "runtime/store/backup.hpp"
#include "runtime/store/codec.hpp"
#include "runtime/store/directory.hpp"
#include "runtime/store/keys.hpp"

#include <sodium.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace machine::store::lmdb {

namespace {

constexpr uint32_t usual_shards = 64;
constexpr uint32_t max_shards = 65'536;
constexpr size_t min_map = 1u << 20;

caf::error check_options(const lmdb_options& x) {
  if (x.shards > max_shards)
    return make_error(ec::invalid_argument,
                      "a store has 1 to 65,536 shards, not "
                        + std::to_string(x.shards));
  if (x.map_initial < min_map)
    return make_error(ec::invalid_argument,
                      "map_initial is at least 1 MiB, not "
                        + std::to_string(x.map_initial) + " bytes");
  if (x.max_waiting == 0)
    return make_error(ec::invalid_argument,
                      "max_waiting is at least 1: nothing could be appended");
  return caf::none;
}

/// LMDB's map consists of whole pages.
size_t whole_pages(size_t x) {
  constexpr size_t page = 64u << 10;
  return x > SIZE_MAX - page ? SIZE_MAX / page * page
                             : (x + page - 1) / page * page;
}

environment_options to_environment(const lmdb_options& x) {
  environment_options result;
  result.map_initial = whole_pages(x.map_initial);
  result.map_limit = whole_pages(std::max(x.map_limit, x.map_initial));
  result.map_step = whole_pages(x.map_step);
  if (x.sync == lmdb_options::durability::none)
    result.sync = environment_options::durability::none;
  return result;
}

/// The number under *key*; 0 if there is none.
caf::expected<uint64_t> number_of(const transaction& tx, const tables& in,
                                  std::string_view key) {
  auto content = get_sealed(tx, in.meta, key);
  if (!content)
    return with_context("the store's " + std::string{key}, content.error());
  return *content ? number_at_end(**content) : uint64_t{0};
}

/// The number of shards that the store has from its creation, which is now if
/// it has no layout yet.
verdict settle_shards(transaction& tx, const tables& in, uint32_t wanted,
                      uint64_t& result) {
  auto format = number_of(tx, in, tables::format_key);
  auto shards = number_of(tx, in, tables::shards_key);
  if (!format || !shards)
    return {MDB_SUCCESS, format ? shards.error() : format.error()};
  result = *shards;
  if (*format != 0 && result != 0)
    return {};
  if (*format != 0)
    return {MDB_SUCCESS,
            make_error(ec::corrupt, "the store has lost its number of shards; "
                                    "restore it from a backup")};
  result = wanted == 0 ? usual_shards : wanted;
  if (auto code =
        put_sealed(tx, in.meta, tables::format_key, number_key(tables::format)))
    return {code};
  return {put_sealed(tx, in.meta, tables::shards_key, number_key(result))};
}

caf::expected<uint32_t> settle_meta(environment& env, uint32_t wanted) {
  uint64_t shards = 0;
  auto result = env.write(0, [&](transaction& tx, const tables& in) {
    return settle_shards(tx, in, wanted, shards);
  });
  if (result.why)
    return std::move(result.why);
  if (result.code != MDB_SUCCESS)
    return to_error(result.code, "writing its layout");
  if (wanted != 0 && wanted != shards)
    return make_error(ec::invalid_argument,
                      "the store was created with " + std::to_string(shards)
                        + " shards and cannot be opened with "
                        + std::to_string(wanted));
  return static_cast<uint32_t>(shards);
}

} // namespace

caf::expected<opened> open_parts(const std::string& directory,
                                 const lmdb_options& options) {
  if (sodium_init() < 0)
    return make_error(ec::internal, "libsodium does not start");
  if (auto err = check_options(options))
    return err;
  if (auto err = make_directories(directory))
    return err;
  opened result;
  result.max_waiting = options.max_waiting;
  result.max_waiting_bytes = options.max_waiting_bytes;
  auto lock = directory_lock::acquire(directory);
  if (!lock)
    return std::move(lock.error());
  result.lock = std::move(*lock);
  std::error_code code;
  if (std::filesystem::exists(directory + "/" + partial_copy, code))
    return make_error(ec::corrupt, directory
                                     + " holds a backup that was interrupted; "
                                       "delete it and make another");
  auto env = environment::open(directory, to_environment(options));
  if (!env)
    return std::move(env.error());
  result.env = std::move(*env);
  auto shards = settle_meta(*result.env, options.shards);
  if (!shards)
    return std::move(shards.error());
  result.shards = *shards;
  // A store of which nobody finds the file would be a new one.
  if (auto err = sync_directory(directory))
    return err;
  return result;
}

} // namespace machine::store::lmdb
