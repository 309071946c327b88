#pragma once

#include "runtime/types.hpp"
#include "runtime/wire/describe.hpp"

#include <string>
#include <variant>

/// What is said to, and by, the entity `counter`.
namespace machine::test {

// What happened to it.

struct added {
  int64_t amount{};

  static constexpr const char* wire_name = "added";

  static constexpr auto fields() {
    return wire::members(wire::field{"amount", &added::amount});
  }

  bool operator==(const added&) const = default;
};

struct noted {
  std::string text{};

  static constexpr const char* wire_name = "noted";

  static constexpr auto fields() {
    return wire::members(wire::field{"text", &noted::text});
  }

  bool operator==(const noted&) const = default;
};

struct grown {
  uint64_t size{};

  static constexpr const char* wire_name = "grown";

  static constexpr auto fields() {
    return wire::members(wire::field{"size", &grown::size});
  }

  bool operator==(const grown&) const = default;
};

struct alarm_set {
  timestamp at{};

  static constexpr const char* wire_name = "alarm_set";

  static constexpr auto fields() {
    return wire::members(wire::field{"at", &alarm_set::at});
  }

  bool operator==(const alarm_set&) const = default;
};

struct alarm_rang {
  uint64_t times{};

  static constexpr const char* wire_name = "alarm_rang";

  static constexpr auto fields() {
    return wire::members(wire::field{"times", &alarm_rang::times});
  }

  bool operator==(const alarm_rang&) const = default;
};

struct opened {
  uint64_t ignored{};

  static constexpr const char* wire_name = "opened";

  static constexpr auto fields() {
    return wire::members(wire::field{"ignored", &opened::ignored});
  }

  bool operator==(const opened&) const = default;
};

struct poisoned {
  uint64_t ignored{};

  static constexpr const char* wire_name = "poisoned";

  static constexpr auto fields() {
    return wire::members(wire::field{"ignored", &poisoned::ignored});
  }

  bool operator==(const poisoned&) const = default;
};

struct row_widened {
  uint64_t size{};

  static constexpr const char* wire_name = "row_widened";

  static constexpr auto fields() {
    return wire::members(wire::field{"size", &row_widened::size});
  }

  bool operator==(const row_widened&) const = default;
};

using counter_event = std::variant<added, noted, grown, alarm_set, alarm_rang,
                                   opened, poisoned, row_widened>;

// What it is told.

struct add {
  int64_t amount{};

  static constexpr const char* wire_name = "add";

  static constexpr auto fields() {
    return wire::members(wire::field{"amount", &add::amount});
  }

  bool operator==(const add&) const = default;
};

/// Two events, the second with this text.
struct note {
  std::string text{};

  static constexpr const char* wire_name = "note";

  static constexpr auto fields() {
    return wire::members(wire::field{"text", &note::text});
  }

  bool operator==(const note&) const = default;
};

struct attach {
  uint64_t blob_size{};

  static constexpr const char* wire_name = "attach";

  static constexpr auto fields() {
    return wire::members(wire::field{"blob_size", &attach::blob_size});
  }

  bool operator==(const attach&) const = default;
};

struct grow {
  uint64_t size{};

  static constexpr const char* wire_name = "grow";

  static constexpr auto fields() {
    return wire::members(wire::field{"size", &grow::size});
  }

  bool operator==(const grow&) const = default;
};

struct set_alarm {
  timestamp at{};

  static constexpr const char* wire_name = "set_alarm";

  static constexpr auto fields() {
    return wire::members(wire::field{"at", &set_alarm::at});
  }

  bool operator==(const set_alarm&) const = default;
};

struct ring {
  uint64_t ignored{};

  static constexpr const char* wire_name = "ring";

  static constexpr auto fields() {
    return wire::members(wire::field{"ignored", &ring::ignored});
  }

  bool operator==(const ring&) const = default;
};

/// From now on it has something to do after each loading.
struct open_up {
  uint64_t ignored{};

  static constexpr const char* wire_name = "open_up";

  static constexpr auto fields() {
    return wire::members(wire::field{"ignored", &open_up::ignored});
  }

  bool operator==(const open_up&) const = default;
};

struct refuse {
  uint64_t ignored{};

  static constexpr const char* wire_name = "refuse";

  static constexpr auto fields() {
    return wire::members(wire::field{"ignored", &refuse::ignored});
  }

  bool operator==(const refuse&) const = default;
};

struct throw_up {
  uint64_t ignored{};

  static constexpr const char* wire_name = "throw_up";

  static constexpr auto fields() {
    return wire::members(wire::field{"ignored", &throw_up::ignored});
  }

  bool operator==(const throw_up&) const = default;
};

/// Adds one, and then its event makes `apply` throw.
struct spoil {
  uint64_t ignored{};

  static constexpr const char* wire_name = "spoil";

  static constexpr auto fields() {
    return wire::members(wire::field{"ignored", &spoil::ignored});
  }

  bool operator==(const spoil&) const = default;
};

/// Its event makes the actor throw.
struct poison {
  uint64_t ignored{};

  static constexpr const char* wire_name = "poison";

  static constexpr auto fields() {
    return wire::members(wire::field{"ignored", &poison::ignored});
  }

  bool operator==(const poison&) const = default;
};

struct widen_row {
  uint64_t size{};

  static constexpr const char* wire_name = "widen_row";

  static constexpr auto fields() {
    return wire::members(wire::field{"size", &widen_row::size});
  }

  bool operator==(const widen_row&) const = default;
};

/// Adds one, and then an amount if it may take long; an amount below zero takes
/// too long everywhere.
struct ponder {
  int64_t amount{};

  static constexpr const char* wire_name = "ponder";

  static constexpr auto fields() {
    return wire::members(wire::field{"amount", &ponder::amount});
  }

  bool operator==(const ponder&) const = default;
};

using counter_command =
  std::variant<add, note, attach, grow, set_alarm, ring, open_up, refuse,
               throw_up, spoil, poison, widen_row, ponder>;

} // namespace machine::test
