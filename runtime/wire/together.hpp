#pragma once

#include "runtime/wire/describe.hpp"

namespace machine::wire {

/// The members of several lists, one after the other: of a type that derives
/// from others, `together(base::fields(), members(...))`.
template <class First, class... Rest>
constexpr auto together(First first, Rest... rest) {
  if constexpr (sizeof...(Rest) == 0)
    return first;
  else
    return [=]<class Fn>(Fn&& fn) -> decltype(auto) {
      return first([&](auto... before) -> decltype(auto) {
        return together(rest...)([&](auto... after) -> decltype(auto) {
          return fn(before..., after...);
        });
      });
    };
}

} // namespace machine::wire
