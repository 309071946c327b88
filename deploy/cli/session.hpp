#pragma once

#include "deploy/cli/api_client.hpp"
#include "deploy/cli/exit_code.hpp"
#include "deploy/cli/options.hpp"
#include "deploy/cli/style.hpp"
#include "deploy/cli/table.hpp"
#include "runtime/net/client.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace machine::cli {

/// Where data and messages go.
struct streams {
  std::ostream& out;
  std::ostream& err;
};

/// How the machine is reached, if not as its data directory says.
struct access {
  /// Empty: where the machine of the data directory is.
  std::string url;
  /// Empty: the word of that machine.
  std::string key;
  /// In which to act; empty: as usual.
  std::string tenant;
  /// Of the machine at `url`.
  std::string ca_file;

  /// Whether it is the machine of the data directory, by its own word.
  bool is_usual() const {
    return url.empty() && key.empty();
  }
};

/// What every command has at hand.
struct session {
  global_options global;
  std::string data_dir;
  streams to;
  net::client& http;
  /// Of the standard output.
  colour_mode colours = colour_mode::none;
  /// Columns; 0: no bound.
  size_t width = 0;
  /// The standard output is a terminal, be it a dumb one.
  bool is_terminal = false;
  /// What a later command needs to reach the same machine:
  /// ` --data-dir DIR`, or nothing.
  std::string again;
  access how;

  /// Writes lines of data.
  void print(const std::vector<line>& lines) const;

  /// Writes a table, or a sentence if it is empty.
  void print(const table& what, const std::string& if_empty) const;

  /// Writes the machine's own JSON.
  void print_json(const std::string& json) const;

  /// Says what went wrong.
  exit_code complain(const caf::error& x) const;

  /// Says something that is no data.
  void say(const std::string& text) const;
};

} // namespace machine::cli
