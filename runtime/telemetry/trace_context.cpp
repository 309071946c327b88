#include "runtime/telemetry/trace_context.hpp"

#include <algorithm>
#include <vector>

namespace machine {

namespace {

/// A longer `tracestate` is not looked at, in bytes.
constexpr size_t max_header_bytes = 8u << 10;

/// Larger members of a `tracestate` are the first to go, in bytes.
constexpr size_t large_member_bytes = 128;

constexpr size_t version_00_bytes = 55;

std::string to_hex(uint64_t x) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result(16, '0');
  for (size_t i = 16; i-- > 0; x >>= 4)
    result[i] = digits[x & 15];
  return result;
}

/// The number of at most 16 digits, all in lower case.
std::optional<uint64_t> from_hex(std::string_view text) {
  uint64_t result = 0;
  for (auto c : text) {
    auto decimal = c >= '0' && c <= '9';
    if (!decimal && !(c >= 'a' && c <= 'f'))
      return std::nullopt;
    result =
      result << 4 | static_cast<uint64_t>(decimal ? c - '0' : c - 'a' + 10);
  }
  return result;
}

caf::error bad_parent(const char* problem) {
  return make_error(ec::invalid_argument,
                    std::string{"traceparent: "} + problem);
}

caf::error bad_state(const char* problem) {
  return make_error(ec::invalid_argument,
                    std::string{"tracestate: "} + problem);
}

std::string_view trim(std::string_view x) {
  constexpr std::string_view blanks = " \t";
  auto begin = x.find_first_not_of(blanks);
  if (begin == x.npos)
    return {};
  return x.substr(begin, x.find_last_not_of(blanks) + 1 - begin);
}

bool is_key(std::string_view x) {
  auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  auto good = [&](char c) {
    return plain(c) || std::string_view{"_-*/@"}.find(c) != std::string::npos;
  };
  return !x.empty() && x.size() <= 256 && plain(x.front())
      && std::all_of(x.begin(), x.end(), good);
}

bool is_value(std::string_view x) {
  auto good = [](char c) { return c >= ' ' && c <= '~' && c != '='; };
  return !x.empty() && x.size() <= 256 && std::all_of(x.begin(), x.end(), good);
}

/// What stands before the first `=`.
std::string_view key_of(std::string_view member) {
  return member.substr(0, member.find('='));
}

using member_list = std::vector<std::string_view>;

size_t joined_size(const member_list& members) {
  size_t result = members.empty() ? 0 : members.size() - 1;
  for (auto x : members)
    result += x.size();
  return result;
}

member_list shortened(member_list members) {
  for (auto i = members.size(); i-- > 0;)
    if (members[i].size() > large_member_bytes
        && joined_size(members) > max_tracestate_bytes)
      members.erase(members.begin() + static_cast<ptrdiff_t>(i));
  while (joined_size(members) > max_tracestate_bytes)
    members.pop_back();
  return members;
}

} // namespace

std::string to_hex(trace_id x) {
  return to_hex(x.high) + to_hex(x.low);
}

std::string to_hex(span_id x) {
  return to_hex(x.value);
}

caf::expected<trace_context> parse_traceparent(std::string_view text) {
  if (text.size() < version_00_bytes)
    return bad_parent("it is too short; it must be "
                      "version-trace-parent-flags");
  auto version = from_hex(text.substr(0, 2));
  if (!version || *version == 0xFF)
    return bad_parent("the version must be 00 to fe, in lower case");
  if (*version == 0
        ? text.size() != version_00_bytes
        : text.size() > version_00_bytes && text[version_00_bytes] != '-')
    return bad_parent("more follows than its version has");
  if (text[2] != '-' || text[35] != '-' || text[52] != '-')
    return bad_parent("its four fields must be separated by dashes");
  auto high = from_hex(text.substr(3, 16));
  auto low = from_hex(text.substr(19, 16));
  auto span = from_hex(text.substr(36, 16));
  auto flags = from_hex(text.substr(53, 2));
  if (!high || !low || !span || !flags)
    return bad_parent("its fields must be hexadecimal digits in lower case");
  trace_context result;
  result.trace = {*high, *low};
  result.span = {*span};
  // The others are for later versions; they are not passed on.
  result.sampled = (*flags & 1) != 0;
  if (!result.trace || !result.span)
    return bad_parent("an id of zeros names nothing");
  return result;
}

std::string format_traceparent(const trace_context& x) {
  return "00-" + to_hex(x.trace) + "-" + to_hex(x.span)
       + (x.sampled ? "-01" : "-00");
}

caf::expected<std::string> parse_tracestate(std::string_view text) {
  if (text.size() > max_header_bytes)
    return make_error(ec::limit_exceeded,
                      "tracestate: it has " + std::to_string(text.size())
                        + " bytes; at most " + std::to_string(max_header_bytes)
                        + " are read");
  member_list members;
  while (!text.empty()) {
    auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    auto member = trim(part);
    if (member.empty())
      continue;
    auto key = key_of(member);
    if (key.size() == member.size())
      return bad_state("a member must be key=value");
    if (!is_key(key))
      return bad_state("a key must be 1 to 256 of a-z, 0-9 and _-*/@, and not "
                       "begin with one of the last");
    if (!is_value(member.substr(key.size() + 1)))
      return bad_state("a value must be 1 to 256 printable characters without "
                       "comma and equals sign");
    if (std::any_of(members.begin(), members.end(),
                    [&](auto other) { return key_of(other) == key; }))
      return bad_state("a key may stand there only once");
    if (members.size() == max_tracestate_members)
      return make_error(ec::limit_exceeded,
                        "tracestate: it has more than "
                          + std::to_string(max_tracestate_members)
                          + " members");
    members.push_back(member);
  }
  std::string result;
  for (auto member : shortened(std::move(members))) {
    if (!result.empty())
      result += ',';
    result += member;
  }
  return result;
}

std::optional<trace_context> read_trace_context(std::string_view traceparent,
                                                std::string_view tracestate) {
  auto result = parse_traceparent(traceparent);
  if (!result)
    return std::nullopt;
  if (auto state = parse_tracestate(tracestate))
    result->state = std::move(*state);
  return std::move(*result);
}

trace_context new_child(const trace_context& parent, uint64_t random) {
  auto result = parent;
  result.span = {random == 0 ? 1 : random};
  return result;
}

trace_context new_trace(trace_id id, uint64_t random) {
  trace_context result;
  result.trace = id ? id : trace_id{0, 1};
  return new_child(result, random);
}

} // namespace machine
