#pragma once

#include "runtime/telemetry/trace_context.hpp"
#include "runtime/types.hpp"

#include <initializer_list>
#include <variant>
#include <vector>

namespace machine {

/// What an attribute may be. Lists of texts are there because OpenTelemetry
/// wants some attributes of model calls as lists.
using attribute_value =
  std::variant<std::string, int64_t, double, bool, std::vector<std::string>>;

struct span_attribute {
  std::string key;
  attribute_value value;

  bool operator==(const span_attribute&) const = default;
};

/// The numbers are OTLP's.
enum class span_kind : uint8_t { internal = 1, server = 2, client = 3 };

/// The numbers are OTLP's.
enum class span_status : uint8_t { unset = 0, ok = 1, error = 2 };

/// Something that happened at one point in time of a span.
struct span_event {
  std::string name;
  timestamp at;
  std::vector<span_attribute> attributes;

  bool operator==(const span_event&) const = default;
};

/// One operation of a trace: when it began and ended, and what is worth knowing
/// of it. Everything in it is bounded, whatever is put in: what is too long is
/// cut, what is too much is left out and counted. Not for several threads at a
/// time.
class span {
public:
  static constexpr size_t max_attributes = 64;
  static constexpr size_t max_events = 32;
  /// Of one event.
  static constexpr size_t max_event_attributes = 16;
  /// Of one list of texts.
  static constexpr size_t max_list = 16;

  /// In bytes; longer ones are cut, but for keys, whose attributes are left
  /// out.
  static constexpr size_t max_name_bytes = 256;
  static constexpr size_t max_key_bytes = 128;
  static constexpr size_t max_text_bytes = 1u << 10;

  /// Of all names, keys and values of a span, in bytes.
  static constexpr size_t max_bytes = 16u << 10;

  /// A span that is *self*, within *parent*, which may be none.
  span(trace_context self, span_id parent, std::string_view name,
       span_kind kind, timestamp start);

  /// Often it is known only later how the operation is called.
  void rename(std::string_view name);

  /// Adds or replaces an attribute; see `semantic_conventions.hpp` for keys.
  void set(std::string_view key, attribute_value value);

  void add_event(std::string_view name, timestamp at,
                 std::initializer_list<span_attribute> attributes = {});

  void succeed();

  /// Marks it as failed and sets `error.type` to *type*, a word of a small
  /// set such as the name of an `ec`. *message* is for people.
  void fail(std::string_view type, std::string_view message);

  /// A span that ends before it began ends when it began.
  void end(timestamp at);

  const trace_context& context() const {
    return context_;
  }

  span_id parent() const {
    return parent_;
  }

  const std::string& name() const {
    return name_;
  }

  span_kind kind() const {
    return kind_;
  }

  timestamp start() const {
    return start_;
  }

  /// When it began, until it is ended.
  timestamp ended() const {
    return end_;
  }

  span_status status() const {
    return status_;
  }

  const std::string& status_message() const {
    return status_message_;
  }

  const std::vector<span_attribute>& attributes() const {
    return attributes_;
  }

  const std::vector<span_event>& events() const {
    return events_;
  }

  /// How many were left out.
  uint32_t dropped_attributes() const {
    return dropped_attributes_;
  }

  uint32_t dropped_events() const {
    return dropped_events_;
  }

private:
  /// Whether *bytes* more are allowed, which are taken then.
  bool take(size_t bytes);

  trace_context context_;
  span_id parent_;
  std::string name_;
  span_kind kind_;
  timestamp start_;
  timestamp end_;
  span_status status_ = span_status::unset;
  std::string status_message_;
  std::vector<span_attribute> attributes_;
  std::vector<span_event> events_;
  uint32_t dropped_attributes_ = 0;
  uint32_t dropped_events_ = 0;
  size_t bytes_ = 0;
};

} // namespace machine
