#include "runtime/store/rows.hpp"

#include "runtime/store/codec.hpp"
#include "runtime/store/keys.hpp"
#include "runtime/store/write_batch.hpp"

#include <map>
#include <optional>
#include <vector>

namespace machine::store::lmdb {

namespace {

using fields_type = std::map<std::string, std::string>;

/// Removes what a damaged row, whose fields nobody knows, has left in the
/// index: only a walk finds it.
/// @returns what LMDB returns.
int forget_fields(transaction& tx, const tables& in, const stream_id& id,
                  uint64_t number) {
  auto prefix = order_prefix(id.kind, id.tenant);
  std::vector<std::string> left;
  {
    cursor at{tx, in.fields};
    for (auto ok = at.seek(prefix); ok && at.key().starts_with(prefix);
         ok = at.next())
      if (number_at_end(at.key()) == number)
        left.emplace_back(at.key());
    if (at.status() != MDB_SUCCESS && at.status() != MDB_NOTFOUND)
      return at.status();
  }
  for (auto& key : left)
    if (auto code = tx.remove(in.fields, key))
      return code;
  return MDB_SUCCESS;
}

/// What the stored row looks like; a damaged one is as good as none.
struct old_row {
  int code = MDB_SUCCESS;
  std::optional<fields_type> fields;
};

old_row take_old_row(transaction& tx, const tables& in, const stream_id& id,
                     uint64_t number) {
  auto stored = tx.get(in.rows, number_key(number));
  if (stored.code != MDB_SUCCESS)
    return {stored.code == MDB_NOTFOUND ? MDB_SUCCESS : stored.code, {}};
  auto content = unseal(number_key(number), stored.value);
  auto row =
    content ? decode_row(*content) : caf::expected<row_view>{content.error()};
  if (!row)
    return {forget_fields(tx, in, id, number), {}};
  fields_type result;
  for (auto [name, value] : row->fields)
    result.emplace(name, value);
  return {MDB_SUCCESS, std::move(result)};
}

} // namespace

int write_row(transaction& tx, const tables& in, const prepared_stream& part,
              uint64_t number) {
  auto& id = part.stream;
  auto stored = take_old_row(tx, in, id, number);
  if (stored.code != MDB_SUCCESS)
    return stored.code;
  if (!stored.fields)
    if (auto code = tx.put(
          in.order, entry_key(order_prefix(id.kind, id.tenant), number), {}))
      return code;
  const auto old = stored.fields.value_or(fields_type{});
  auto entry = [&](auto& field) {
    return entry_key(
      field_prefix(id.kind, id.tenant, field.first, field.second), number);
  };
  auto has = [](const fields_type& fields, auto& field) {
    auto i = fields.find(field.first);
    return i != fields.end() && i->second == field.second;
  };
  for (auto& field : old)
    if (!has(part.row_fields, field))
      if (auto code = tx.remove(in.fields, entry(field)))
        return code;
  for (auto& field : part.row_fields)
    if (!has(old, field))
      if (auto code = tx.put(in.fields, entry(field), {}))
        return code;
  return put_sealed(tx, in.rows, number_key(number), part.row->content,
                    part.row->sum);
}

int remove_row(transaction& tx, const tables& in, const stream_id& id,
               uint64_t number) {
  auto stored = take_old_row(tx, in, id, number);
  if (stored.code != MDB_SUCCESS)
    return stored.code;
  for (auto& [name, value] : stored.fields.value_or(fields_type{}))
    if (auto code = tx.remove(
          in.fields,
          entry_key(field_prefix(id.kind, id.tenant, name, value), number)))
      return code;
  if (auto code = tx.remove(
        in.order, entry_key(order_prefix(id.kind, id.tenant), number)))
    return code;
  return tx.remove(in.rows, number_key(number));
}

caf::expected<listed_row> read_row(const transaction& tx, const tables& in,
                                   uint64_t number) {
  auto name = "row " + std::to_string(number);
  auto content = get_sealed(tx, in.rows, number_key(number));
  if (!content)
    return with_context(name, content.error());
  if (!*content)
    return make_error(ec::not_found, "there is no " + name);
  auto row = decode_row(**content);
  if (!row)
    return with_context(name, row.error());
  listed_row result;
  result.stream = {std::string{row->kind}, std::string{row->tenant},
                   std::string{row->id}};
  for (auto [field, value] : row->fields)
    result.summary.fields.emplace(field, value);
  result.summary.body = to_bytes(row->body);
  auto at = read_head(tx, in, stream_key(result.stream));
  if (!at)
    return with_context(to_string(result.stream), at.error());
  if (!*at || (*at)->number != number)
    return make_error(ec::corrupt, name + " is of " + to_string(result.stream)
                                     + ", which does not know it");
  result.last_seq = (*at)->last_seq;
  result.created_at = (*at)->created_at;
  result.updated_at = (*at)->updated_at;
  return result;
}

} // namespace machine::store::lmdb
