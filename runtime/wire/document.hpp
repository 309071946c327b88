#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace machine::wire {

/// Bounds on what is read.
struct limits {
  size_t max_bytes = 16u << 20;
  size_t max_depth = 64;
  /// Elements, members and values of one document together.
  size_t max_items = 1'000'000;
};

enum class node_kind : uint8_t {
  null,
  boolean,
  integer,
  unsigned_integer,
  real,
  text,
  binary,
  list,
  map,
};

/// What a person calls it: `a number`, `a list`, ...
std::string_view describe_kind(node_kind x);

/// A value of a document. Children form a chain through `next`.
struct node {
  static constexpr uint32_t none = 0xFFFFFFFF;

  node_kind kind = node_kind::null;
  bool truth = false;
  uint32_t first = none;
  uint32_t next = none;
  union {
    int64_t integer = 0;
    uint64_t unsigned_integer;
    double real;
  };
  /// Of a text or binary, or of a number as it was written in JSON; of a list
  /// or map as it was written, if it is of `view_json`.
  std::string_view text;
  /// Of a member of a map.
  std::string_view key;
};

/// A document that was read, in no format's dialect. Views point into it or
/// into what it was read from.
class document {
public:
  const node& root() const {
    return nodes_.front();
  }

  /// The first child of *x*, or the sibling after it; null if there is none.
  const node* first(const node& x) const {
    return x.first == node::none ? nullptr : &nodes_[x.first];
  }

  const node* next(const node& x) const {
    return x.next == node::none ? nullptr : &nodes_[x.next];
  }

private:
  friend class document_builder;

  std::vector<node> nodes_;
  std::deque<std::string> texts_;
};

/// Builds a document from a parser's events, within bounds. After a call that
/// returned false the parser must stop; `problem` says why.
class document_builder {
public:
  explicit document_builder(const limits& bounds) : bounds_(bounds) {}

  /// Makes room for about *values* at once, within reason.
  void expect(size_t values) {
    constexpr size_t most = 4'096;
    result_.nodes_.reserve(std::min(values, most));
  }

  bool null();
  bool boolean(bool x);
  bool integer(int64_t x);
  bool unsigned_integer(uint64_t x);
  bool real(double x, std::string_view written);
  /// Views *written*, which must outlive the document.
  bool real_view(double x, std::string_view written);
  /// Views *x*, which must outlive the document.
  bool text(std::string_view x);
  /// Keeps *x*.
  bool text_copy(std::string x);
  bool binary(bytes_view x);
  bool key(std::string_view x);
  bool key_copy(std::string x);
  bool begin(node_kind list_or_map);
  /// Ends the innermost list or map; a key that stands twice is a problem.
  /// *written* is all of it, where the format has that at hand; it must outlive
  /// the document.
  bool end(std::string_view written = {});
  bool fail(ec code, std::string message);

  const caf::error& problem() const {
    return problem_;
  }

  document take() {
    return std::move(result_);
  }

private:
  struct level {
    uint32_t node;
    uint32_t last_child;
  };

  node* add(node_kind kind);
  /// Where the next value would stand, as ` at a.b[3]`; empty for the root.
  std::string place() const;
  bool refuse_duplicate_keys(const node& map);

  const limits& bounds_;
  document result_;
  std::vector<level> open_;
  std::string_view key_;
  caf::error problem_;
};

/// Whether *x* is well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view x);

/// *x* with everything that is not UTF-8 replaced by U+FFFD.
std::string to_utf8(std::string_view x);

/// *x* for a message: at most 64 bytes of it, cut between two characters.
std::string excerpt(std::string_view x);

/// Reads JSON (RFC 8259).
caf::expected<document> parse_json(std::string_view text, const limits& bounds);

/// The same, several times as fast: the document views *text*, which must
/// outlive it.
caf::expected<document> view_json(std::string_view text, const limits& bounds);

/// Reads MessagePack; the document views *data*.
caf::expected<document> parse_msgpack(bytes_view data, const limits& bounds);

/// Writes a part of a document as JSON.
std::string write_json(const document& from, const node& what);

} // namespace machine::wire
