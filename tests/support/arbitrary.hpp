#pragma once

#include "runtime/wire/kinds.hpp"
#include "runtime/wire/wire.hpp"

#include <rapidcheck.h>

#include <cmath>

/// Random values of every described type, made from its list of members.
namespace machine::test {

template <class T>
T random_value();

/// Valid UTF-8 with quotes, control characters and what lies beyond the basic
/// plane.
inline std::string random_text() {
  auto parts = *rc::gen::container<std::vector<std::string>>(
    rc::gen::element<std::string>("a", "Z", "0", " ", "\"", "\\", "\n", "\t",
                                  "\x01", "\x7F", "é", "語", "😀", "}", "/"));
  std::string result;
  for (auto& part : parts)
    result += part;
  return result;
}

template <class T>
struct random {
  static T make() {
    return *rc::gen::arbitrary<T>();
  }
};

template <>
struct random<std::string> {
  static std::string make() {
    return random_text();
  }
};

template <>
struct random<double> {
  static double make() {
    auto x = *rc::gen::arbitrary<double>();
    return std::isfinite(x) ? x : 0.5;
  }
};

template <>
struct random<float> {
  static float make() {
    auto x = *rc::gen::arbitrary<float>();
    return std::isfinite(x) ? x : 0.5f;
  }
};

template <>
struct random<timestamp> {
  static timestamp make() {
    // The years 1 to 9999, which RFC 3339 can spell.
    auto x = *rc::gen::inRange<int64_t>(-62'135'596'800'000'000,
                                        253'402'300'799'999'999);
    return timestamp{std::chrono::microseconds{x}};
  }
};

template <>
struct random<duration> {
  static duration make() {
    return duration{
      *rc::gen::inRange<int64_t>(-(int64_t{1} << 53), int64_t{1} << 53)};
  }
};

/// A JSON document that is nested at most *depth* deep.
inline std::string random_json(int depth) {
  auto choice = *rc::gen::inRange(0, depth > 0 ? 4 : 2);
  if (choice == 0)
    return *rc::gen::element<std::string>("null", "true", "false", "-12", "0",
                                          "1.5", "-2e-7",
                                          "18446744073709551615", "[]", "{}");
  if (choice == 1)
    return wire::to_json(random_text());
  std::string result;
  for (auto left = *rc::gen::inRange(0, 4); left > 0; --left) {
    result += result.empty() ? "" : ",";
    // The number makes each key another one.
    if (choice == 2)
      result += wire::to_json(std::to_string(left) + random_text()) + ":";
    result += random_json(depth - 1);
  }
  return choice == 2 ? "{" + result + "}" : "[" + result + "]";
}

template <>
struct random<json_text> {
  static json_text make() {
    return {random_json(4)};
  }
};

template <class T>
struct random<std::optional<T>> {
  static std::optional<T> make() {
    if (*rc::gen::arbitrary<bool>())
      return std::nullopt;
    // The one value that a missing member cannot be told from.
    auto value = random_value<T>();
    if constexpr (std::is_same_v<T, json_text>)
      if (value.text == "null")
        return std::nullopt;
    return value;
  }
};

template <class T>
struct random<std::vector<T>> {
  static std::vector<T> make() {
    std::vector<T> result;
    for (auto left = *rc::gen::inRange(0, 4); left > 0; --left)
      result.push_back(random_value<T>());
    return result;
  }
};

template <class T, size_t N>
struct random<std::array<T, N>> {
  static std::array<T, N> make() {
    std::array<T, N> result{};
    for (auto& x : result)
      x = random_value<T>();
    return result;
  }
};

template <class T>
struct random<std::map<std::string, T>> {
  static std::map<std::string, T> make() {
    std::map<std::string, T> result;
    for (auto left = *rc::gen::inRange(0, 4); left > 0; --left)
      result[random_text()] = random_value<T>();
    return result;
  }
};

template <class... Ts>
struct random<std::variant<Ts...>> {
  static std::variant<Ts...> make() {
    std::variant<Ts...> result;
    auto choice = *rc::gen::inRange<size_t>(0, sizeof...(Ts));
    size_t index = 0;
    ((index++ == choice ? void(result = random_value<Ts>()) : void()), ...);
    return result;
  }
};

template <wire::described_enum E>
struct random<E> {
  static E make() {
    auto names = wire_names(E{});
    return names[*rc::gen::inRange<size_t>(0, names.size())].second;
  }
};

template <wire::described T>
struct random<T> {
  static T make() {
    T result{};
    wire::for_each_field<T>(result, [](std::string_view, auto& y) {
      y = random_value<std::remove_cvref_t<decltype(y)>>();
    });
    return result;
  }
};

template <class T>
T random_value() {
  return random<T>::make();
}

} // namespace machine::test
