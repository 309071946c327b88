#include "runtime/wire/decode.hpp"

#include "runtime/wire/json.hpp"
#include "runtime/wire/nearest.hpp"
#include "runtime/wire/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace machine::wire {

namespace {

/// A 64-bit integer as it is spelled in JSON.
template <class Integer>
std::optional<Integer> parse_integer(std::string_view text) {
  Integer value{};
  auto [end, err] =
    std::from_chars(text.data(), text.data() + text.size(), value);
  if (err != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

} // namespace

bool decoder::fail(std::string message) {
  problem_ = make_error(ec::invalid_argument, std::move(message));
  return false;
}

bool decoder::within(const std::string& step) {
  place_ = step + place_;
  return false;
}

bool decoder::expected(std::string_view what, const node& got) {
  return fail("expected " + std::string{what} + ", got "
              + std::string{describe_kind(got.kind)});
}

caf::error decoder::problem_in(std::string_view name) const {
  auto message = message_of(problem_);
  return make_error(code_of(problem_),
                    std::string{name} + place_
                      + (message.starts_with("is ") ? " " : ": ") + message);
}

bool decoder::read_members(const node& what,
                           std::span<const loadable> members) {
  if (what.kind != node_kind::map)
    return expected("a map", what);
  // Members mostly come in the order in which we write them.
  auto* hint = from_.first(what);
  for (auto& x : members) {
    auto* member = hint;
    while (member != nullptr && member->key != x.name)
      member = from_.next(*member);
    if (member == nullptr && hint != from_.first(what)) {
      member = from_.first(what);
      while (member != hint && member->key != x.name)
        member = from_.next(*member);
      if (member == hint)
        member = nullptr;
    }
    if (member != nullptr) {
      hint = from_.next(*member);
      if (hint == nullptr)
        hint = from_.first(what);
      if (!x.read(*this, *member, x.place))
        return within("." + std::string{x.name});
    } else if (x.reset != nullptr) {
      x.reset(x.place);
    } else {
      fail("is missing");
      return within("." + std::string{x.name});
    }
  }
  return true;
}

const loadable* decoder::alternative(const node& what,
                                     std::span<const loadable> known) {
  if (what.kind != node_kind::map) {
    expected("a map", what);
    return nullptr;
  }
  auto* tag = from_.first(what);
  while (tag != nullptr && tag->key != "type")
    tag = from_.next(*tag);
  if (tag == nullptr) {
    fail("is missing");
  } else if (tag->kind != node_kind::text) {
    expected("a string", *tag);
  } else {
    auto found = std::ranges::find(known, tag->text, &loadable::name);
    if (found != known.end())
      return &*found;
    std::vector<std::string> names;
    for (auto& x : known)
      names.emplace_back(x.name);
    unknown_name(tag->text, names, "type");
  }
  within(".type");
  return nullptr;
}

bool decoder::read_signed(const node& what, int64_t low, int64_t high,
                          int64_t& x) {
  if (what.kind == node_kind::integer) {
    x = what.integer;
  } else if (what.kind == node_kind::text && spelling_ == format::json
             && high == INT64_MAX) {
    // Only what JavaScript cannot count is spelled as text.
    auto value = parse_integer<int64_t>(what.text);
    if (!value)
      return fail("expected an integer, got the string \"" + excerpt(what.text)
                  + "\"");
    x = *value;
  } else if (what.kind == node_kind::unsigned_integer) {
    return fail("the number " + std::to_string(what.unsigned_integer)
                + " is above " + std::to_string(high));
  } else {
    return expected("an integer", what);
  }
  if (x < low || x > high)
    return fail("the number " + std::to_string(x) + " is not within "
                + std::to_string(low) + " and " + std::to_string(high));
  return true;
}

bool decoder::read_unsigned(const node& what, uint64_t high, uint64_t& x) {
  if (what.kind == node_kind::integer) {
    if (what.integer < 0)
      return fail("the number " + std::to_string(what.integer)
                  + " is negative");
    x = static_cast<uint64_t>(what.integer);
  } else if (what.kind == node_kind::unsigned_integer) {
    x = what.unsigned_integer;
  } else if (what.kind == node_kind::text && spelling_ == format::json
             && high == UINT64_MAX) {
    auto value = parse_integer<uint64_t>(what.text);
    if (!value)
      return fail("expected a non-negative integer, got the string \""
                  + excerpt(what.text) + "\"");
    x = *value;
  } else {
    return expected("an integer", what);
  }
  if (x > high)
    return fail("the number " + std::to_string(x) + " is above "
                + std::to_string(high));
  return true;
}

bool decoder::read_real(const node& what, double most, double& x) {
  switch (what.kind) {
    case node_kind::integer: x = static_cast<double>(what.integer); break;
    case node_kind::unsigned_integer:
      x = static_cast<double>(what.unsigned_integer);
      break;
    case node_kind::real: x = what.real; break;
    default: return expected("a number", what);
  }
  // False for what is no number, too.
  return std::abs(x) <= most
      || fail("the number is not finite or too large for its type");
}

bool decoder::read_text(const node& what, std::string& x) {
  if (what.kind != node_kind::text)
    return expected("a string", what);
  x = what.text;
  return true;
}

bool decoder::read_binary(const node& what, bytes& x) {
  if (spelling_ == format::msgpack) {
    if (what.kind != node_kind::binary)
      return expected("binary data", what);
    x = to_bytes(what.text);
    return true;
  }
  if (what.kind != node_kind::text)
    return expected("a string of Base64", what);
  auto value = from_base64(what.text);
  if (!value)
    return fail("the string is no Base64");
  x = std::move(*value);
  return true;
}

bool decoder::read_time(const node& what, timestamp& x) {
  if (spelling_ == format::msgpack) {
    int64_t micros = 0;
    if (!read_signed(what, INT64_MIN, INT64_MAX, micros))
      return false;
    x = timestamp{std::chrono::microseconds{micros}};
    return true;
  }
  if (what.kind != node_kind::text)
    return expected("a time such as 2026-11-24T10:54:43Z", what);
  auto value = parse_time(what.text);
  if (!value)
    return fail("\"" + excerpt(what.text)
                + "\" is no time such as 2026-11-24T10:54:43Z");
  x = *value;
  return true;
}

bool decoder::read_embedded(const node& what, json_text& x) {
  if (spelling_ == format::msgpack)
    return read_text(what, x.text);
  x.text = write_json(from_, what);
  return true;
}

bool decoder::unknown_name(std::string_view got,
                           const std::vector<std::string>& known,
                           std::string_view noun) {
  std::string message =
    "\"" + excerpt(got) + "\" is no known " + std::string{noun};
  if (auto near = nearest(got, known))
    message += "; did you mean " + *near + "?";
  else
    message += ".";
  message += " Known are:";
  for (auto& name : known)
    message += " " + name;
  return fail(std::move(message));
}

} // namespace machine::wire
