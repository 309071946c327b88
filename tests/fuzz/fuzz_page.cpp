// Where a page begins, after two bytes that choose the list: a cursor is one of
// its own list, and leads nowhere else, or is refused.

#include "runtime/store/lmdb.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/directory.hpp"

#include <future>

using namespace machine;
using namespace machine::store;
using fuzz::require;

namespace {

constexpr size_t rows_of_each = 20;

/// A store with rows of two tenants.
class library {
public:
  library() {
    lmdb_options options;
    options.shards = 1;
    options.map_initial = 16u << 20;
    options.sync = lmdb_options::durability::none;
    auto opened = open_lmdb(directory_.path(), options);
    require(static_cast<bool>(opened));
    engine_ = std::move(*opened);
    auto lease = engine_->claim_shard(0, "fuzz", duration{1'000'000});
    require(static_cast<bool>(lease));
    for (size_t i = 0; i < rows_of_each; ++i)
      for (auto* tenant : {"a", "b"}) {
        stream_append one;
        one.stream = {"run", tenant, "r" + std::to_string(i)};
        one.events = {to_bytes("x")};
        one.summary = summary_row{{{"odd", i % 2 == 1 ? "yes" : "no"}}, {}};
        batch all;
        all.epoch = lease->epoch;
        all.streams.push_back(std::move(one));
        std::promise<bool> done;
        engine_->append(std::move(all), [&done](caf::expected<void> result) {
          done.set_value(static_cast<bool>(result));
        });
        require(done.get_future().get());
      }
  }

  page list(const query& what) {
    auto result = engine_->list(what);
    if (!result) {
      require(code_of(result.error()) == ec::invalid_argument);
      return {};
    }
    require(result->rows.size() <= what.limit && result->damaged == 0);
    for (auto& row : result->rows) {
      require(row.stream.tenant == what.tenant);
      for (auto& [name, value] : what.where)
        require(row.summary.fields.at(name) == value);
    }
    return std::move(*result);
  }

private:
  test::temporary_directory directory_;
  std::shared_ptr<engine> engine_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static library all;
  fuzz::input from{data, size};
  auto choice = from.byte();
  query what;
  what.kind = "run";
  what.tenant = (choice & 1) == 0 ? "a" : "b";
  if ((choice & 2) != 0)
    what.where["odd"] = "yes";
  if ((choice & 4) != 0)
    what.order = query::direction::oldest_first;
  what.limit = size_t{1} + (choice >> 3) % 8;
  auto place = from.byte();
  what.cursor = from.text();
  all.list(what);
  what.cursor.clear();
  auto first = all.list(what);
  require(!first.next_cursor.empty());
  // The same of another list, and with one character that is another.
  auto other = what;
  other.tenant = what.tenant == "a" ? "b" : "a";
  other.cursor = first.next_cursor;
  require(all.list(other).rows.empty());
  auto changed = what;
  changed.cursor = first.next_cursor;
  auto& c = changed.cursor[place % changed.cursor.size()];
  c = c == '0' ? '1' : '0';
  require(all.list(changed).rows.empty());
  what.cursor = first.next_cursor;
  require(!all.list(what).rows.empty());
  return 0;
}
