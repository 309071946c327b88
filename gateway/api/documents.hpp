#pragma once

#include "runtime/wire/describe.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

/// What several routes answer with.
namespace machine::gateway {

/// What has become of something: `cancelling`, `removed`.
struct status_document {
  std::string status;

  static constexpr const char* wire_name = "status";

  static constexpr auto fields() {
    return wire::members(wire::field{"status", &status_document::status});
  }
};

/// What was made, by its id.
struct made_document {
  std::string id;

  static constexpr const char* wire_name = "made";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &made_document::id});
  }
};

/// `task_page` for a `task`.
template <class T>
constexpr auto make_page_name() {
  constexpr std::string_view suffix = "_page";
  constexpr std::string_view name = T::wire_name;
  std::array<char, name.size() + suffix.size() + 1> result{};
  std::copy(name.begin(), name.end(), result.begin());
  std::copy(suffix.begin(), suffix.end(), result.begin() + name.size());
  return result;
}

template <class T>
constexpr auto page_name = make_page_name<T>();

/// A part of a list.
template <class T>
struct page_of {
  std::vector<T> items;
  /// The `cursor` of the next page; empty: there is none.
  std::string next_cursor;

  static constexpr const char* wire_name = page_name<T>.data();

  static constexpr auto fields() {
    return wire::members(wire::field{"items", &page_of::items},
                         wire::field{"next_cursor", &page_of::next_cursor});
  }
};

} // namespace machine::gateway
