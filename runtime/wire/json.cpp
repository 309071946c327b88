#include "runtime/wire/json.hpp"

#include "runtime/wire/document.hpp"
#include "runtime/wire/text.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace machine::wire {

namespace {

/// Hands the events of nlohmann's parser to a builder.
class sax {
public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  explicit sax(document_builder& out) : out_(out) {}

  bool null() {
    return out_.null();
  }

  bool boolean(bool x) {
    return out_.boolean(x);
  }

  bool number_integer(number_integer_t x) {
    return out_.integer(x);
  }

  bool number_unsigned(number_unsigned_t x) {
    return out_.unsigned_integer(x);
  }

  bool number_float(number_float_t x, const string_t& written) {
    return out_.real(x, written);
  }

  bool string(string_t& x) {
    return out_.text_copy(std::move(x));
  }

  bool binary(binary_t&) {
    return out_.fail(ec::internal, "JSON has no binary data");
  }

  bool start_object(std::size_t) {
    return out_.begin(node_kind::map);
  }

  bool key(string_t& x) {
    return out_.key_copy(std::move(x));
  }

  bool end_object() {
    return out_.end();
  }

  bool start_array(std::size_t) {
    return out_.begin(node_kind::list);
  }

  bool end_array() {
    return out_.end();
  }

  bool parse_error(std::size_t position, const std::string& near,
                   const nlohmann::detail::exception&) {
    // What stands in a text may be a secret, a password for example.
    auto quoted = near.find('"') != std::string::npos;
    return out_.fail(
      ec::invalid_argument,
      "this is no JSON: byte " + std::to_string(position)
        + (near.empty() || quoted ? "" : ", near " + to_utf8(excerpt(near))));
  }

private:
  document_builder& out_;
};

void write_node(json_sink& out, const document& from, const node& x) {
  switch (x.kind) {
    case node_kind::null: out.null(); break;
    case node_kind::boolean: out.boolean(x.truth); break;
    case node_kind::integer: out.small_integer(x.integer); break;
    case node_kind::unsigned_integer:
      // As it was: a number.
      out.verbatim(std::to_string(x.unsigned_integer));
      break;
    case node_kind::real:
      if (x.text.empty())
        out.real(x.real);
      else
        out.verbatim(x.text);
      break;
    case node_kind::text: out.text(x.text); break;
    case node_kind::binary: out.binary(as_bytes(x.text)); break;
    case node_kind::list:
      out.begin_list(0);
      for (auto* i = from.first(x); i != nullptr; i = from.next(*i))
        write_node(out, from, *i);
      out.end_list();
      break;
    case node_kind::map:
      out.begin_map(0);
      for (auto* i = from.first(x); i != nullptr; i = from.next(*i)) {
        out.key(i->key);
        write_node(out, from, *i);
      }
      out.end_map();
      break;
  }
}

/// nlohmann takes a NUL for the end, whatever follows, and skips a byte order
/// mark, which may not stand in the middle of another document.
bool strays(std::string_view text) {
  return text.find('\0') != std::string_view::npos
      || text.starts_with("\xEF\xBB\xBF");
}

} // namespace

caf::expected<document> parse_json(std::string_view text,
                                   const limits& bounds) {
  if (text.size() > bounds.max_bytes)
    return make_error(ec::limit_exceeded,
                      "the document has " + std::to_string(text.size())
                        + " bytes; at most " + std::to_string(bounds.max_bytes)
                        + " are read");
  if (strays(text))
    return make_error(ec::invalid_argument,
                      "this is no JSON: it has a NUL or a byte order mark");
  document_builder builder{bounds};
  sax events{builder};
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &events))
    return builder.problem();
  return builder.take();
}

bool is_json(std::string_view text) {
  return !strays(text) && nlohmann::json::accept(text.begin(), text.end());
}

std::string write_json(const document& from, const node& what) {
  json_sink out;
  write_node(out, from, what);
  return out.take();
}

void json_sink::separate() {
  if (!out_.empty() && out_.back() != '[' && out_.back() != '{'
      && out_.back() != ':')
    out_ += ',';
}

void json_sink::quote(std::string_view x) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string clean;
  if (!is_utf8(x)) {
    clean = to_utf8(x);
    x = clean;
  }
  out_ += '"';
  for (auto c : x) {
    switch (c) {
      case '"': out_ += "\\\""; break;
      case '\\': out_ += "\\\\"; break;
      case '\n': out_ += "\\n"; break;
      case '\r': out_ += "\\r"; break;
      case '\t': out_ += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          out_ += "\\u00";
          out_ += hex[static_cast<unsigned char>(c) >> 4];
          out_ += hex[static_cast<unsigned char>(c) & 15];
        } else {
          out_ += c;
        }
    }
  }
  out_ += '"';
}

void json_sink::null() {
  separate();
  out_ += "null";
}

void json_sink::boolean(bool x) {
  separate();
  out_ += x ? "true" : "false";
}

void json_sink::small_integer(int64_t x) {
  separate();
  out_ += std::to_string(x);
}

void json_sink::integer(int64_t x) {
  separate();
  out_ += '"';
  out_ += std::to_string(x);
  out_ += '"';
}

void json_sink::unsigned_integer(uint64_t x) {
  separate();
  out_ += '"';
  out_ += std::to_string(x);
  out_ += '"';
}

void json_sink::real(double x) {
  if (!std::isfinite(x))
    return null();
  separate();
  std::array<char, 32> buffer{};
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr;
  out_.append(buffer.data(), end);
}

void json_sink::text(std::string_view x) {
  separate();
  quote(x);
}

void json_sink::binary(bytes_view x) {
  text(to_base64(x));
}

void json_sink::time(timestamp x) {
  text(format_time(x));
}

void json_sink::embedded(const json_text& x) {
  separate();
  out_ += is_json(x.text) ? std::string_view{x.text} : "null";
}

void json_sink::verbatim(std::string_view x) {
  separate();
  out_ += x;
}

void json_sink::begin_list(size_t) {
  separate();
  out_ += '[';
}

void json_sink::end_list() {
  out_ += ']';
}

void json_sink::begin_map(size_t) {
  separate();
  out_ += '{';
}

void json_sink::key(std::string_view name) {
  separate();
  quote(name);
  out_ += ':';
}

void json_sink::end_map() {
  out_ += '}';
}

} // namespace machine::wire
