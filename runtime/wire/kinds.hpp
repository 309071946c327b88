#pragma once

#include "runtime/wire/describe.hpp"

#include <array>
#include <map>
#include <vector>

/// The kinds of types beside the described ones that cross a wire.
namespace machine::wire {

template <class T>
constexpr bool is_list = false;

template <class T>
constexpr bool is_list<std::vector<T>> = true;

// Its elements are no objects that could be read into; CAF 0.17.6 moreover
// allocates whatever size it is told.
template <>
inline constexpr bool is_list<std::vector<bool>> = false;

template <class T>
constexpr bool is_array = false;

template <class T, size_t N>
constexpr bool is_array<std::array<T, N>> = true;

template <class T>
constexpr bool is_map = false;

template <class T>
constexpr bool is_map<std::map<std::string, T>> = true;

/// Its address tells types apart.
template <class T>
inline constexpr char identity = 0;

/// Whether no alternative of a variant has a member of the tag's name.
template <class T>
constexpr bool has_room_for_tag = false;

template <class... Ts>
constexpr bool has_room_for_tag<std::variant<Ts...>> =
  (Ts::fields()([](auto... fs) { return ((fs.name != "type") && ...); })
   && ...);

} // namespace machine::wire
