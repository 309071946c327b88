#include "runtime/store/leases.hpp"

#include "runtime/store/codec.hpp"
#include "runtime/store/keys.hpp"

namespace machine::store::lmdb {

namespace {

using stored_lease = std::optional<shard_lease>;

constexpr size_t about = 256;

caf::expected<stored_lease> read_lease(const transaction& tx, const tables& in,
                                       uint32_t shard) {
  auto content = get_sealed(tx, in.shards, number_key(shard));
  if (!content)
    return std::move(content.error());
  if (!*content)
    return stored_lease{};
  auto lease = decode_lease(**content);
  if (!lease)
    return std::move(lease.error());
  return stored_lease{std::move(*lease)};
}

/// Writes what *next* makes of the lease that is stored. The owner of a lease
/// that was given back is nobody.
template <class Next>
caf::expected<shard_lease> change(writer& out, uint32_t shard, Next next) {
  shard_lease result;
  auto err = out.perform(about, [&](transaction& tx, const tables& in) {
    auto held = read_lease(tx, in, shard);
    auto wanted = held ? next(*held) : caf::expected<shard_lease>{held.error()};
    if (!wanted)
      return verdict{MDB_SUCCESS, with_context("shard " + std::to_string(shard),
                                               wanted.error())};
    result = std::move(*wanted);
    return verdict{
      put_sealed(tx, in.shards, number_key(shard), encode(result))};
  });
  if (err)
    return err;
  return result;
}

bool is_held(const stored_lease& held, const shard_lease& mine) {
  return held && held->epoch == mine.epoch && held->owner == mine.owner;
}

} // namespace

caf::expected<shard_lease> claim(writer& out, uint32_t shard,
                                 const std::string& owner, duration lease) {
  return change(
    out, shard, [&](const stored_lease& held) -> caf::expected<shard_lease> {
      auto now = wall_clock();
      if (held && !held->owner.empty() && held->owner != owner
          && held->lease_until > now)
        return make_error(ec::conflict,
                          "it belongs to " + held->owner
                            + "; claim it when that lease has expired");
      auto epoch = held ? held->epoch : 0;
      return shard_lease{shard, owner, epoch + 1, now + lease};
    });
}

caf::expected<shard_lease> renew(writer& out, const shard_lease& mine,
                                 duration lease) {
  return change(out, mine.shard,
                [&](const stored_lease& held) -> caf::expected<shard_lease> {
                  if (!is_held(held, mine))
                    return make_error(ec::fenced,
                                      "the lease of epoch "
                                        + std::to_string(mine.epoch)
                                        + " was lost; claim it again");
                  auto result = mine;
                  result.lease_until = wall_clock() + lease;
                  return result;
                });
}

caf::expected<void> release(writer& out, const shard_lease& mine) {
  auto done =
    change(out, mine.shard,
           [&](const stored_lease& held) -> caf::expected<shard_lease> {
             if (!is_held(held, mine))
               return make_error(ec::fenced, "");
             return shard_lease{mine.shard, {}, mine.epoch, {}};
           });
  if (!done && code_of(done.error()) != ec::fenced)
    return std::move(done.error());
  return caf::unit;
}

} // namespace machine::store::lmdb
