#include "runtime/telemetry/span.hpp"

#include "runtime/telemetry/bounded_text.hpp"
#include "runtime/telemetry/semantic_conventions.hpp"

#include <algorithm>

namespace machine {

namespace {

attribute_value bounded_value(attribute_value x) {
  if (auto* text = std::get_if<std::string>(&x)) {
    *text = bounded_text(*text, span::max_text_bytes);
  } else if (auto* list = std::get_if<std::vector<std::string>>(&x)) {
    list->resize(std::min(list->size(), span::max_list));
    for (auto& text : *list)
      text = bounded_text(text, span::max_text_bytes);
  }
  return x;
}

size_t size_of(const attribute_value& x) {
  if (auto* text = std::get_if<std::string>(&x))
    return text->size();
  size_t result = sizeof(double);
  if (auto* list = std::get_if<std::vector<std::string>>(&x))
    for (auto& text : *list)
      result += sizeof(std::string) + text.size();
  return result;
}

bool is_key(const span_attribute& x) {
  return !x.key.empty() && x.key.size() <= span::max_key_bytes;
}

} // namespace

span::span(trace_context self, span_id parent, std::string_view name,
           span_kind kind, timestamp start)
    : context_(std::move(self)), parent_(parent), kind_(kind), start_(start),
      end_(start) {
  rename(name);
}

void span::rename(std::string_view name) {
  name_ = bounded_text(name, max_name_bytes);
}

void span::set(std::string_view key, attribute_value value) {
  auto same = std::find_if(attributes_.begin(), attributes_.end(),
                           [&](auto& x) { return x.key == key; });
  span_attribute next{bounded_text(key, max_key_bytes + 1),
                      bounded_value(std::move(value))};
  if (same != attributes_.end()) {
    auto before = size_of(same->value);
    bytes_ -= before;
    if (take(size_of(next.value))) {
      same->value = std::move(next.value);
    } else {
      bytes_ += before;
      ++dropped_attributes_;
    }
  } else if (attributes_.size() < max_attributes && is_key(next)
             && take(next.key.size() + size_of(next.value))) {
    attributes_.push_back(std::move(next));
  } else {
    ++dropped_attributes_;
  }
}

void span::add_event(std::string_view name, timestamp at,
                     std::initializer_list<span_attribute> attributes) {
  span_event next{bounded_text(name, max_name_bytes), at, {}};
  auto size = sizeof next + next.name.size();
  for (auto& x : attributes) {
    if (next.attributes.size() == max_event_attributes || !is_key(x)) {
      ++dropped_attributes_;
      continue;
    }
    next.attributes.push_back(
      {bounded_text(x.key, max_key_bytes), bounded_value(x.value)});
    size += x.key.size() + size_of(next.attributes.back().value);
  }
  if (events_.size() < max_events && take(size))
    events_.push_back(std::move(next));
  else
    ++dropped_events_;
}

void span::succeed() {
  status_ = span_status::ok;
  status_message_.clear();
}

void span::fail(std::string_view type, std::string_view message) {
  status_ = span_status::error;
  status_message_ = bounded_text(message, max_text_bytes);
  set(semconv::error_type, std::string{type});
}

void span::end(timestamp at) {
  end_ = std::max(start_, at);
}

bool span::take(size_t bytes) {
  if (bytes > max_bytes - bytes_)
    return false;
  bytes_ += bytes;
  return true;
}

} // namespace machine
