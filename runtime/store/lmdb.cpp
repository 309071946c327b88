#include "runtime/store/lmdb.hpp"

#include "runtime/store/backup.hpp"
#include "runtime/store/check.hpp"
#include "runtime/store/garbage.hpp"
#include "runtime/store/keys.hpp"
#include "runtime/store/leases.hpp"
#include "runtime/store/nodes.hpp"
#include "runtime/store/open.hpp"
#include "runtime/store/read.hpp"
#include "runtime/store/rows.hpp"
#include "runtime/store/verify.hpp"
#include "runtime/store/write_batch.hpp"

#include <mutex>

namespace machine::store {

namespace {

using namespace lmdb;

caf::expected<void> outcome(caf::error err) {
  if (err)
    return err;
  return caf::unit;
}

class lmdb_engine final : public engine {
public:
  explicit lmdb_engine(opened what)
      : it_(std::make_shared<parts>(std::move(what))) {
    // The thread keeps the parts: in a commit handler the engine may go first.
    it_->out.start([it = it_] {
      it->env->close();
      it->lock = nullptr;
    });
  }

  ~lmdb_engine() override {
    it_->out.abandon();
  }

  void append(batch what, commit_handler done) override {
    if (auto err = check_batch(what, it_->shards))
      done(std::move(err));
    else
      it_->out.append(prepare(std::move(what), *it_->env), std::move(done));
  }

  caf::expected<std::vector<stored_event>> read(const stream_id& stream,
                                                uint64_t from, size_t max_count,
                                                size_t max_bytes) override {
    return read_of(stream, [&](transaction& tx, const tables& in) {
      return read_events(tx, in, stream, from, max_count, max_bytes);
    });
  }

  caf::expected<uint64_t> last_seq(const stream_id& stream) override {
    return read_of(stream, [&](transaction& tx, const tables& in) {
      return read_last_seq(tx, in, stream);
    });
  }

  std::optional<uint64_t> version(const stream_id& stream) const override {
    return it_->out.version(stream);
  }

  caf::expected<std::optional<snapshot>>
  read_snapshot(const stream_id& stream) override {
    return read_of(stream, [&](transaction& tx, const tables& in) {
      return lmdb::read_snapshot(tx, in, stream);
    });
  }

  caf::expected<listed_row> read_summary(const stream_id& stream) override {
    return read_of(stream, [&](transaction& tx, const tables& in) {
      return lmdb::read_summary(tx, in, stream);
    });
  }

  caf::expected<page> list(const query& what) override {
    if (auto err = check_query(what))
      return err;
    return it_->env->read([&](transaction& tx, const tables& in) {
      return list_rows(tx, in, what);
    });
  }

  caf::expected<blob_hash> put_blob(bytes_view content) override {
    if (auto err = check_blob(content.size()))
      return err;
    if (auto ready = prepare_blob(content, *it_->env)) {
      auto err = it_->out.perform(ready->content.size(),
                                  [&](transaction& tx, const tables& in) {
                                    return verdict{write_blob(tx, in, *ready)};
                                  });
      if (err)
        return err;
      return to_hex(ready->key);
    }
    return hash_blob(content);
  }

  caf::expected<bytes> get_blob(const blob_hash& hash) override {
    return it_->env->read([&](transaction& tx, const tables& in) {
      return read_blob(tx, in, hash);
    });
  }

  uint32_t shard_count() const override {
    return it_->shards;
  }

  caf::expected<shard_lease> claim_shard(uint32_t shard,
                                         const std::string& owner,
                                         duration lease) override {
    if (auto err = check_claim(shard, it_->shards, owner, lease))
      return err;
    return claim(it_->out, shard, owner, lease);
  }

  caf::expected<shard_lease> renew_shard(const shard_lease& held,
                                         duration lease) override {
    if (auto err = check_claim(held.shard, it_->shards, held.owner, lease))
      return err;
    return renew(it_->out, held, lease);
  }

  caf::expected<void> release_shard(const shard_lease& held) override {
    if (auto err = check_claim(held.shard, it_->shards, held.owner, {}))
      return err;
    return release(it_->out, held);
  }

  caf::expected<void> put_node(node_row node) override {
    if (auto err = check_node(node))
      return err;
    return outcome(lmdb::put_node(it_->out, std::move(node)));
  }

  caf::expected<void> remove_node(const std::string& id) override {
    return outcome(lmdb::remove_node(it_->out, id));
  }

  caf::expected<std::vector<node_row>> nodes() override {
    return it_->env->read(
      [&](transaction& tx, const tables& in) { return read_nodes(tx, in); });
  }

  caf::expected<verify_report> verify(std::stop_token stop) override {
    verify_report report;
    auto err = it_->env->inspect(
      stop, [&](transaction& tx, const std::stop_token& end) -> caf::error {
        tables own;
        if (auto code = own.open(tx, 0))
          return to_error(code, "opening the tables");
        report = verify_tables(tx, own, it_->shards, end);
        return caf::none;
      });
    if (err)
      return err;
    return report;
  }

  caf::expected<garbage_report> collect_garbage(duration grace,
                                                std::stop_token stop) override {
    std::unique_lock alone{it_->collecting, std::try_to_lock};
    if (!alone)
      return make_error(ec::conflict, "a collection of garbage is under way; "
                                      "wait for its end");
    return collect(*it_->env, it_->out, grace, stop);
  }

  caf::expected<void> backup(const std::string& path,
                             std::stop_token stop) override {
    return outcome(back_up(*it_->env, path, stop));
  }

  caf::expected<statistics> stats() override {
    return it_->env->read(
      [&](transaction& tx, const tables&) -> caf::expected<statistics> {
        MDB_envinfo info{};
        MDB_stat stat{};
        mdb_env_info(mdb_txn_env(tx.handle()), &info);
        mdb_env_stat(mdb_txn_env(tx.handle()), &stat);
        return statistics{info.me_mapsize,
                          (info.me_last_pgno + 1) * uint64_t{stat.ms_psize},
                          it_->out.commits(), it_->out.appends()};
      });
  }

  void close() override {
    it_->out.close();
  }

private:
  struct parts {
    explicit parts(opened&& what)
        : lock(std::move(what.lock)), env(std::move(what.env)),
          shards(what.shards),
          out(*env, what.max_waiting, what.max_waiting_bytes) {}

    std::unique_ptr<directory_lock> lock;
    std::unique_ptr<environment> env;
    uint32_t shards;
    std::mutex collecting;
    writer out;
  };

  template <class Job>
  auto read_of(const stream_id& stream, Job job)
    -> decltype(std::declval<environment&>().read(job)) {
    if (auto err = check_stream(stream))
      return err;
    return it_->env->read(std::move(job));
  }

  std::shared_ptr<parts> it_;
};

} // namespace

caf::expected<std::shared_ptr<engine>> open_lmdb(const std::string& directory,
                                                 const lmdb_options& options) {
  auto what = lmdb::open_parts(directory, options);
  if (!what)
    return std::move(what.error());
  std::shared_ptr<engine> result =
    std::make_shared<lmdb_engine>(std::move(*what));
  return result;
}

} // namespace machine::store
