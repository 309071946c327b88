#pragma once

#include "runtime/wire/decode.hpp"
#include "runtime/wire/encode.hpp"
#include "runtime/wire/json.hpp"
#include "runtime/wire/msgpack.hpp"

namespace machine::wire {

/// What errors call a value of type *T*.
template <class T>
constexpr std::string_view name_of() {
  if constexpr (described<T>)
    return T::wire_name;
  else
    return "value";
}

/// *x* as JSON, compact. 64-bit integers are strings, times are RFC 3339,
/// binary data is Base64, durations are milliseconds. Never fails: a number
/// that is not finite and a `json_text` that is no JSON become null, what is
/// not UTF-8 becomes U+FFFD. An enumeration must have an enumerator's value.
template <class T>
std::string to_json(const T& x) {
  json_sink out;
  encode(out, x);
  return out.take();
}

/// *x* as MessagePack: maps with string keys, times as microseconds since the
/// epoch, a `json_text` as text. Never fails, as above.
template <class T>
bytes to_msgpack(const T& x) {
  msgpack_sink out;
  encode(out, x);
  return out.take();
}

/// Reads a *T* out of a document. Fails with `invalid_argument` and the place:
/// `task.depends_on[3]: expected a string, got an integer`.
template <class T>
caf::expected<T> from_document(const document& from, format spelling) {
  T result{};
  decoder in{from, spelling};
  if (!in.read(from.root(), result))
    return in.problem_in(name_of<T>());
  return result;
}

/// Reads JSON. Members that *T* does not have are skipped; all that it has
/// must be there but for optional ones. Fails with `invalid_argument` or
/// `limit_exceeded`.
template <class T>
caf::expected<T> from_json(std::string_view text, const limits& bounds = {}) {
  auto parsed = parse_json(text, bounds);
  if (!parsed)
    return std::move(parsed.error());
  return from_document<T>(*parsed, format::json);
}

/// Reads MessagePack, under the same rules. That a `json_text` is JSON is not
/// checked.
template <class T>
caf::expected<T> from_msgpack(bytes_view data, const limits& bounds = {}) {
  auto parsed = parse_msgpack(data, bounds);
  if (!parsed)
    return std::move(parsed.error());
  return from_document<T>(*parsed, format::msgpack);
}

} // namespace machine::wire
