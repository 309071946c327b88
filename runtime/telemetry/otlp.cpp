#include "runtime/telemetry/otlp.hpp"

#include "runtime/wire/json.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace machine {

namespace {

// JSON has no use for the sizes of lists and maps.
using wire::json_sink;

/// Nanoseconds since the epoch, which OTLP counts without sign in 64 bits.
std::string nanoseconds(timestamp x) {
  constexpr int64_t latest = std::numeric_limits<uint64_t>::max() / 1'000;
  auto us = std::clamp<int64_t>(x.time_since_epoch().count(), 0, latest);
  return std::to_string(static_cast<uint64_t>(us) * 1'000);
}

void write_text(json_sink& out, std::string_view name, std::string_view value) {
  out.key(name);
  out.text(value);
}

struct value_writer {
  json_sink& out;

  void operator()(const std::string& x) const {
    write_text(out, "stringValue", x);
  }

  void operator()(int64_t x) const {
    out.key("intValue");
    out.integer(x);
  }

  void operator()(double x) const {
    out.key("doubleValue");
    // As Protocol Buffers spell in JSON what JSON has no numbers for.
    if (std::isnan(x))
      out.text("NaN");
    else if (std::isinf(x))
      out.text(x > 0 ? "Infinity" : "-Infinity");
    else
      out.real(x);
  }

  void operator()(bool x) const {
    out.key("boolValue");
    out.boolean(x);
  }

  void operator()(const std::vector<std::string>& xs) const {
    out.key("arrayValue");
    out.begin_map(0);
    out.key("values");
    out.begin_list(0);
    for (auto& x : xs) {
      out.begin_map(0);
      write_text(out, "stringValue", x);
      out.end_map();
    }
    out.end_list();
    out.end_map();
  }
};

void write_attributes(json_sink& out, const std::vector<span_attribute>& xs) {
  if (xs.empty())
    return;
  out.key("attributes");
  out.begin_list(0);
  for (auto& x : xs) {
    out.begin_map(0);
    write_text(out, "key", x.key);
    out.key("value");
    out.begin_map(0);
    std::visit(value_writer{out}, x.value);
    out.end_map();
    out.end_map();
  }
  out.end_list();
}

void write_count(json_sink& out, std::string_view name, uint32_t x) {
  if (x == 0)
    return;
  out.key(name);
  out.small_integer(x);
}

void write_events(json_sink& out, const std::vector<span_event>& xs) {
  if (xs.empty())
    return;
  out.key("events");
  out.begin_list(0);
  for (auto& x : xs) {
    out.begin_map(0);
    write_text(out, "timeUnixNano", nanoseconds(x.at));
    write_text(out, "name", x.name);
    write_attributes(out, x.attributes);
    out.end_map();
  }
  out.end_list();
}

void write_status(json_sink& out, const span& x) {
  if (x.status() == span_status::unset)
    return;
  out.key("status");
  out.begin_map(0);
  out.key("code");
  out.small_integer(static_cast<int>(x.status()));
  if (!x.status_message().empty())
    write_text(out, "message", x.status_message());
  out.end_map();
}

void write_span(json_sink& out, const span& x) {
  auto& self = x.context();
  out.begin_map(0);
  write_text(out, "traceId", to_hex(self.trace));
  write_text(out, "spanId", to_hex(self.span));
  if (x.parent())
    write_text(out, "parentSpanId", to_hex(x.parent()));
  if (!self.state.empty())
    write_text(out, "traceState", self.state);
  write_count(out, "flags", self.sampled ? 1 : 0);
  write_text(out, "name", x.name());
  out.key("kind");
  out.small_integer(static_cast<int>(x.kind()));
  write_text(out, "startTimeUnixNano", nanoseconds(x.start()));
  write_text(out, "endTimeUnixNano", nanoseconds(x.ended()));
  write_attributes(out, x.attributes());
  write_count(out, "droppedAttributesCount", x.dropped_attributes());
  write_events(out, x.events());
  write_count(out, "droppedEventsCount", x.dropped_events());
  write_status(out, x);
  out.end_map();
}

std::vector<span_attribute> attributes_of(const otlp_resource& x) {
  std::vector<span_attribute> result;
  auto add = [&](const char* key, const std::string& value) {
    if (!value.empty())
      result.push_back({key, value});
  };
  add("service.name", x.service_name);
  add("service.version", x.service_version);
  add("service.instance.id", x.service_instance);
  return result;
}

} // namespace

std::string to_otlp_json(std::span<const span> batch,
                         const otlp_resource& from) {
  json_sink out;
  out.begin_map(0);
  out.key("resourceSpans");
  out.begin_list(0);
  out.begin_map(0);
  out.key("resource");
  out.begin_map(0);
  write_attributes(out, attributes_of(from));
  out.end_map();
  out.key("scopeSpans");
  out.begin_list(0);
  out.begin_map(0);
  out.key("scope");
  out.begin_map(0);
  write_text(out, "name", "themachine");
  if (!from.service_version.empty())
    write_text(out, "version", from.service_version);
  out.end_map();
  out.key("spans");
  out.begin_list(0);
  for (auto& x : batch)
    write_span(out, x);
  out.end_list();
  out.end_map();
  out.end_list();
  out.end_map();
  out.end_list();
  out.end_map();
  return out.take();
}

} // namespace machine
