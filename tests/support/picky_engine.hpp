#pragma once

#include "runtime/store/store.hpp"

#include <functional>
#include <mutex>

namespace machine::test {

/// A store that refuses what a test wants it to refuse, and passes all else on
/// to a real one.
class picky_engine final : public store::engine {
public:
  /// Why *what* is refused; none: it is not.
  using rule = std::function<caf::error(const store::batch& what)>;

  explicit picky_engine(std::shared_ptr<store::engine> real)
      : real_(std::move(real)) {}

  void refuse(rule what) {
    std::lock_guard guard{mutex_};
    rule_ = std::move(what);
  }

  void append(store::batch what, store::commit_handler done) override {
    caf::error why;
    {
      std::lock_guard guard{mutex_};
      if (rule_)
        why = rule_(what);
    }
    if (why)
      done(why);
    else
      real_->append(std::move(what), std::move(done));
  }

  caf::expected<std::vector<store::stored_event>>
  read(const store::stream_id& stream, uint64_t from, size_t max_count,
       size_t max_bytes) override {
    return real_->read(stream, from, max_count, max_bytes);
  }

  caf::expected<uint64_t> last_seq(const store::stream_id& stream) override {
    return real_->last_seq(stream);
  }

  caf::expected<std::optional<store::snapshot>>
  read_snapshot(const store::stream_id& stream) override {
    return real_->read_snapshot(stream);
  }

  caf::expected<store::listed_row>
  read_summary(const store::stream_id& stream) override {
    return real_->read_summary(stream);
  }

  caf::expected<store::page> list(const store::query& what) override {
    return real_->list(what);
  }

  caf::expected<store::blob_hash> put_blob(bytes_view content) override {
    return real_->put_blob(content);
  }

  caf::expected<bytes> get_blob(const store::blob_hash& hash) override {
    return real_->get_blob(hash);
  }

  uint32_t shard_count() const override {
    return real_->shard_count();
  }

  caf::expected<store::shard_lease> claim_shard(uint32_t shard,
                                                const std::string& owner,
                                                duration lease) override {
    return real_->claim_shard(shard, owner, lease);
  }

  caf::expected<store::shard_lease> renew_shard(const store::shard_lease& held,
                                                duration lease) override {
    return real_->renew_shard(held, lease);
  }

  caf::expected<void> release_shard(const store::shard_lease& held) override {
    return real_->release_shard(held);
  }

  caf::expected<void> put_node(store::node_row node) override {
    return real_->put_node(std::move(node));
  }

  caf::expected<void> remove_node(const std::string& id) override {
    return real_->remove_node(id);
  }

  caf::expected<std::vector<store::node_row>> nodes() override {
    return real_->nodes();
  }

  caf::expected<store::verify_report> verify(std::stop_token stop) override {
    return real_->verify(std::move(stop));
  }

  caf::expected<store::garbage_report>
  collect_garbage(duration grace, std::stop_token stop) override {
    return real_->collect_garbage(grace, std::move(stop));
  }

  caf::expected<void> backup(const std::string& path,
                             std::stop_token stop) override {
    return real_->backup(path, std::move(stop));
  }

  caf::expected<store::statistics> stats() override {
    return real_->stats();
  }

  void close() override {
    real_->close();
  }

private:
  std::shared_ptr<store::engine> real_;
  std::mutex mutex_;
  rule rule_;
};

} // namespace machine::test
