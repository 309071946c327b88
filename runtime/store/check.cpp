#include "runtime/store/check.hpp"

#include <algorithm>
#include <set>

namespace machine::store {

namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
      || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == ':' || c == '@'
      || c == '-';
}

caf::error check_part(std::string_view what, const std::string& x) {
  if (!x.empty() && x.size() <= max_name_part
      && std::all_of(x.begin(), x.end(), is_name_character))
    return caf::none;
  return make_error(ec::invalid_argument,
                    "the " + std::string{what}
                      + " of a stream has 1 to 128 characters of A-Z a-z 0-9 "
                        ". _ : @ -, and \""
                      + x.substr(0, 64) + "\" is not of that form");
}

caf::error too_large(std::string_view what, size_t is, size_t limit) {
  return make_error(ec::limit_exceeded,
                    std::string{what} + " has " + std::to_string(is)
                      + " bytes; at most " + std::to_string(limit)
                      + " are allowed");
}

caf::error no_shard(uint32_t shard, uint32_t shard_count) {
  return make_error(ec::invalid_argument,
                    "there is no shard " + std::to_string(shard)
                      + "; the store has " + std::to_string(shard_count)
                      + ", beginning at 0");
}

caf::error check_count(std::string_view what, size_t is) {
  if (is > max_batch_items)
    return make_error(ec::limit_exceeded, "a batch has at most "
                                            + std::to_string(max_batch_items)
                                            + " " + std::string{what} + ", not "
                                            + std::to_string(is));
  return caf::none;
}

caf::error check_fields(const std::map<std::string, std::string>& xs) {
  if (xs.size() > max_row_fields)
    return make_error(ec::limit_exceeded,
                      "a row has at most " + std::to_string(max_row_fields)
                        + " fields, not " + std::to_string(xs.size()));
  for (auto& [name, value] : xs) {
    if (name.empty())
      return make_error(ec::invalid_argument, "a field of a row has no name");
    if (name.size() > max_field_name)
      return too_large("the name of a row's field", name.size(),
                       max_field_name);
    if (value.size() > max_field_value)
      return too_large("the field " + name + " of a row", value.size(),
                       max_field_value);
  }
  return caf::none;
}

caf::error check_snapshot(const stream_append& x) {
  auto name = "the snapshot of " + to_string(x.stream);
  // A sum could overflow: nobody has that many events, but may say so.
  if (x.snapshot->seq > x.expected_seq
      && x.snapshot->seq - x.expected_seq > x.events.size())
    return make_error(ec::invalid_argument,
                      name + " is ahead of the log; it has event "
                        + std::to_string(x.snapshot->seq));
  if (x.snapshot->schema.size() > max_schema_name)
    return too_large("the schema's name of " + name, x.snapshot->schema.size(),
                     max_schema_name);
  if (x.snapshot->state.size() > max_snapshot_bytes)
    return too_large(name, x.snapshot->state.size(), max_snapshot_bytes);
  return caf::none;
}

caf::error check_append(const stream_append& x) {
  if (auto err = check_stream(x.stream))
    return err;
  if (x.expected_seq == 0 && x.events.empty())
    return make_error(ec::invalid_argument,
                      to_string(x.stream)
                        + " would begin without an event; append one");
  for (auto& event : x.events)
    if (event.size() > max_event_bytes)
      return too_large("an event of " + to_string(x.stream), event.size(),
                       max_event_bytes);
  if (x.summary) {
    if (auto err = check_fields(x.summary->fields))
      return err;
    if (x.summary->body.size() > max_row_bytes)
      return too_large("the row of " + to_string(x.stream),
                       x.summary->body.size(), max_row_bytes);
  }
  return x.snapshot ? check_snapshot(x) : caf::error{};
}

size_t size_of(const stream_append& x) {
  size_t size = x.stream.id.size();
  for (auto& event : x.events)
    size += event.size();
  if (x.summary)
    size += x.summary->body.size();
  if (x.snapshot)
    size += x.snapshot->state.size();
  return size;
}

} // namespace

caf::error check_stream(const stream_id& x) {
  if (auto err = check_part("kind", x.kind))
    return err;
  if (auto err = check_part("tenant", x.tenant))
    return err;
  return check_part("id", x.id);
}

caf::error check_batch(const batch& x, uint32_t shard_count) {
  if (x.shard >= shard_count)
    return no_shard(x.shard, shard_count);
  if (auto err = check_count("streams", x.streams.size()))
    return err;
  if (auto err = check_count("blobs", x.blobs.size()))
    return err;
  size_t size = 0;
  size_t events = 0;
  std::set<stream_id> seen;
  for (auto& part : x.streams) {
    if (auto err = check_append(part))
      return err;
    if (x.streams.size() > 1 && !seen.insert(part.stream).second)
      return make_error(ec::invalid_argument,
                        to_string(part.stream)
                          + " stands twice in a batch; join the two");
    events += part.events.size();
    size += size_of(part);
  }
  if (auto err = check_count("events", events))
    return err;
  if (auto err = check_count("streams to erase", x.erased.size()))
    return err;
  if (x.streams.size() == 1 && !x.erased.empty())
    seen.insert(x.streams.front().stream);
  for (auto& one : x.erased) {
    if (auto err = check_stream(one.stream))
      return err;
    if (!seen.insert(one.stream).second)
      return make_error(ec::invalid_argument,
                        to_string(one.stream)
                          + " is to be erased and stands in the batch twice; "
                            "name it once");
    size += one.stream.id.size();
  }
  if (auto err = check_count("notices", x.notices.size()))
    return err;
  if (x.streams.size() == 1 && x.erased.empty())
    seen.insert(x.streams.front().stream);
  for (auto& one : x.notices) {
    if (auto err = check_stream(one.stream))
      return err;
    if (seen.contains(one.stream))
      return make_error(ec::invalid_argument,
                        to_string(one.stream)
                          + " gets a notice and something else; append all "
                            "of it in one way");
    if (one.payload.size() > max_event_bytes)
      return too_large("a notice for " + to_string(one.stream),
                       one.payload.size(), max_event_bytes);
    size += one.stream.id.size() + one.payload.size();
  }
  for (auto& blob : x.blobs) {
    if (auto err = check_blob(blob.size()))
      return err;
    size += blob.size();
  }
  if (size > max_batch_bytes)
    return too_large("a batch", size, max_batch_bytes);
  return caf::none;
}

caf::error check_blob(size_t size) {
  if (size > max_blob_bytes)
    return too_large("a blob", size, max_blob_bytes);
  return caf::none;
}

caf::error check_query(const query& x) {
  if (x.limit < 1 || x.limit > max_page_rows)
    return make_error(ec::invalid_argument,
                      "a page has 1 to " + std::to_string(max_page_rows)
                        + " rows, not " + std::to_string(x.limit));
  if (auto err = check_part("kind", x.kind))
    return err;
  if (auto err = check_part("tenant", x.tenant))
    return err;
  if (x.order != query::direction::newest_first
      && x.order != query::direction::oldest_first)
    return make_error(ec::invalid_argument,
                      "rows are listed newest or oldest first");
  if (auto err = check_fields(x.where))
    return make_error(ec::invalid_argument, message_of(err));
  return caf::none;
}

caf::error check_claim(uint32_t shard, uint32_t shard_count,
                       const std::string& owner, duration lease) {
  if (shard >= shard_count)
    return no_shard(shard, shard_count);
  if (owner.empty() || owner.size() > max_name_part)
    return make_error(ec::invalid_argument,
                      "the owner of a shard has a name of 1 to 128 characters");
  if (lease < duration::zero() || lease > max_lease)
    return make_error(ec::invalid_argument,
                      "a lease lasts 0 to 86,400,000 milliseconds, not "
                        + std::to_string(lease.count()));
  return caf::none;
}

caf::error check_node(const node_row& x) {
  if (x.id.empty() || x.id.size() > max_name_part)
    return make_error(ec::invalid_argument,
                      "the id of a node has 1 to 128 characters, not "
                        + std::to_string(x.id.size()));
  if (x.address.size() > max_node_address)
    return too_large("the address of a node", x.address.size(),
                     max_node_address);
  if (x.info.size() > max_node_info)
    return too_large("the description of a node", x.info.size(), max_node_info);
  return caf::none;
}

} // namespace machine::store
