#include "runtime/store/garbage.hpp"

#include "runtime/store/codec.hpp"
#include "runtime/store/erase.hpp"
#include "runtime/store/names.hpp"

#include <algorithm>
#include <span>

namespace machine::store::lmdb {

namespace {

/// Blobs that one transaction deletes or marks: appends wait for it.
constexpr size_t max_at_once = 256;

/// A blob that nobody names.
struct finding {
  std::string key;
  /// Its mark; none if it has to get one.
  std::optional<timestamp> since;
};

/// What is to be done.
struct findings {
  garbage_report report;
  std::vector<finding> to_mark;
  std::vector<finding> to_delete;
  /// Marks of what is named, or gone.
  std::vector<finding> to_forget;
};

caf::error cancelled() {
  return make_error(ec::cancelled,
                    "it was stopped before it was done; start it again");
}

/// Looks through the tables as they are in one transaction.
class search {
public:
  search(const transaction& tx, const tables& in, const std::stop_token& stop)
      : tx_(tx), in_(in), stop_(stop) {}

  caf::error run(timestamp marked_before, findings& to) {
    MDB_stat streams{};
    if (auto code = mdb_stat(tx_.handle(), in_.streams, &streams))
      return to_error(code, "counting streams");
    to.report.streams = streams.ms_entries;
    if (auto err = walk("blobs", in_.blobs, [this](auto& at) {
          names_.add(short_name_of(at.key()));
          return caf::error{};
        }))
      return err;
    names_.seal();
    if (auto err = mark_named())
      return err;
    if (auto err = walk("blobs", in_.blobs, [&](auto& at) {
          look_at_blob(at, marked_before, to);
          return caf::error{};
        }))
      return err;
    return walk("garbage", in_.garbage, [&](auto& at) {
      if (names_.is_named(short_name_of(at.key()))
          || tx_.get(in_.blobs, at.key()).code == MDB_NOTFOUND)
        to.to_forget.push_back({std::string{at.key()}, std::nullopt});
      return caf::error{};
    });
  }

private:
  template <class Visit>
  caf::error walk(std::string_view name, MDB_dbi table, Visit visit) {
    cursor at{tx_, table};
    for (auto ok = at.first(); ok; ok = at.next()) {
      if (stop_.stop_requested())
        return cancelled();
      if (caf::error err = visit(at))
        return with_context("a collection of garbage finds damage in "
                              + std::string{name}
                              + " and deletes nothing; see `themachine store "
                                "verify`",
                            err);
    }
    if (at.status() != MDB_NOTFOUND)
      return to_error(at.status(), "reading " + std::string{name});
    return caf::none;
  }

  /// Marks what is named in a value that *decode* reads.
  template <class Decode>
  caf::error mark_in(const cursor& at, Decode decode) {
    auto content = unseal(at.key(), at.value());
    if (!content)
      return content.error();
    return decode(*content);
  }

  caf::error mark_named() {
    auto as_it_is = [this](std::string_view content) {
      names_.mark_all_in(content);
      return caf::error{};
    };
    auto unpacked = [this](std::string_view content) {
      auto image = decode_snapshot(content);
      if (!image)
        return image.error();
      names_.mark_all_in(as_text(image->state));
      return caf::error{};
    };
    if (auto err = walk("events", in_.events, [this](auto& at) {
          auto event = unseal_event(at.key(), at.value(), 0);
          if (!event)
            return event.error();
          names_.mark_all_in(as_text(event->payload));
          return caf::error{};
        }))
      return err;
    if (auto err = walk("rows", in_.rows,
                        [&](auto& at) { return mark_in(at, as_it_is); }))
      return err;
    return walk("snapshots", in_.snapshots,
                [&](auto& at) { return mark_in(at, unpacked); });
  }

  void look_at_blob(const cursor& at, timestamp marked_before, findings& to) {
    ++to.report.blobs;
    if (names_.is_named(short_name_of(at.key())))
      return;
    ++to.report.unreferenced;
    finding one{std::string{at.key()}, std::nullopt};
    auto mark = get_sealed(tx_, in_.garbage, at.key());
    // A mark that cannot be read is made anew, and counts from then.
    if (!mark || !*mark) {
      to.to_mark.push_back(std::move(one));
      return;
    }
    one.since = to_time(number_at(**mark, 0));
    if (*one.since <= marked_before)
      to.to_delete.push_back(std::move(one));
  }

  const transaction& tx_;
  const tables& in_;
  const std::stop_token& stop_;
  name_table names_;
};

/// Has the writer remember names for as long as this lives.
class recording {
public:
  explicit recording(writer& out) : out_(out) {
    why_ = out_.perform(0, [&](transaction&, const tables&) {
      out_.names().begin();
      return verdict{};
    });
  }

  recording(const recording&) = delete;
  recording& operator=(const recording&) = delete;

  ~recording() {
    // A store that is closed remembers nothing.
    static_cast<void>(
      out_.perform(0, [out = &out_](transaction&, const tables&) {
        out->names().end();
        return verdict{};
      }));
  }

  const caf::error& problem() const {
    return why_;
  }

private:
  writer& out_;
  caf::error why_;
};

/// Calls *job* with some of *all* at a time, in a transaction each, and *then*
/// after its commit.
template <class Job, class Then>
caf::error in_pieces(writer& out, std::span<const finding> all,
                     const std::stop_token& stop, Job job, Then then) {
  while (!all.empty()) {
    if (stop.stop_requested())
      return cancelled();
    auto some = all.first(std::min(all.size(), max_at_once));
    if (auto err = out.perform(some.size() * 128,
                               [&](transaction& tx, const tables& in) {
                                 return verdict{job(tx, in, some)};
                               }))
      return err;
    then();
    all = all.subspan(some.size());
  }
  return caf::none;
}

/// Deletes *some*, unless something has happened to one of them; counts in
/// *done* what is gone.
int delete_blobs(transaction& tx, const tables& in,
                 std::span<const finding> some, const recent_names& recent,
                 garbage_report& done) {
  done = {};
  for (auto& one : some) {
    auto mark = get_sealed(tx, in.garbage, one.key);
    if (!mark || !*mark || to_time(number_at(**mark, 0)) != *one.since
        || recent.has(short_name_of(one.key)))
      continue;
    auto there = tx.get(in.blobs, one.key);
    if (there.code == MDB_SUCCESS) {
      ++done.deleted;
      done.bytes_freed += there.value.size();
    }
    if (auto code = tx.remove(in.blobs, one.key))
      return code;
    if (auto code = tx.remove(in.garbage, one.key))
      return code;
  }
  return MDB_SUCCESS;
}

/// @returns what LMDB returns.
int mark_blobs(transaction& tx, const tables& in, std::span<const finding> some,
               const recent_names& recent) {
  auto now = number_key(to_number(wall_clock()));
  for (auto& one : some)
    if (!recent.has(short_name_of(one.key))
        && tx.get(in.blobs, one.key).code == MDB_SUCCESS)
      if (auto code = put_sealed(tx, in.garbage, one.key, now))
        return code;
  return MDB_SUCCESS;
}

/// @returns what LMDB returns.
int forget_marks(transaction& tx, const tables& in,
                 std::span<const finding> some) {
  for (auto& one : some)
    if (auto code = tx.remove(in.garbage, one.key))
      return code;
  return MDB_SUCCESS;
}

caf::error finish_erasing(writer& out, const std::stop_token& stop) {
  for (bool left = true; left;) {
    if (stop.stop_requested())
      return cancelled();
    if (auto err = out.perform(max_erased_events * 64,
                               [&](transaction& tx, const tables& in) {
                                 return remove_erased(tx, in, left);
                               }))
      return err;
  }
  return caf::none;
}

} // namespace

caf::expected<garbage_report> collect(environment& env, writer& out,
                                      duration grace,
                                      const std::stop_token& stop) {
  if (auto err = finish_erasing(out, stop))
    return err;
  recording recent{out};
  if (recent.problem())
    return recent.problem();
  findings found;
  auto marked_before = wall_clock() - grace;
  if (auto err = env.inspect(
        stop, [&](transaction& tx, const std::stop_token& end) -> caf::error {
          tables own;
          if (auto code = own.open(tx, 0))
            return to_error(code, "opening the tables");
          return search{tx, own, end}.run(marked_before, found);
        }))
    return err;
  auto& report = found.report;
  garbage_report done;
  if (auto err = in_pieces(
        out, found.to_delete, stop,
        [&](auto& tx, auto& in, auto some) {
          return delete_blobs(tx, in, some, out.names(), done);
        },
        [&] {
          report.deleted += done.deleted;
          report.bytes_freed += done.bytes_freed;
        }))
    return err;
  auto nothing = [] {};
  if (auto err = in_pieces(out, found.to_forget, stop, forget_marks, nothing))
    return err;
  if (auto err = in_pieces(
        out, found.to_mark, stop,
        [&](auto& tx, auto& in, auto some) {
          return mark_blobs(tx, in, some, out.names());
        },
        nothing))
    return err;
  return report;
}

} // namespace machine::store::lmdb
