#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"
#include "runtime/wire/describe.hpp"

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

/// What an agent can do with the files of its worktree. Paths are relative to
/// it and cannot leave it, also not by links; errors are sentences that help a
/// model to correct its call.
namespace machine::agents {

/// Longest file that is read or written, in bytes.
constexpr size_t max_file_bytes = 1u << 20;

/// What a call that looks into many files may take. What it has found until
/// then is its result, with a line that says why there is no more.
struct reading_bounds {
  /// Ends it.
  std::stop_token stop;
  duration time{10'000};
  /// Content of all files together.
  uint64_t bytes = 256u << 20;
};

struct list_files_call {
  /// `*` and `?` within a name, `**` across directories; none: everything.
  std::optional<std::string> glob;
  std::optional<uint32_t> limit;

  static constexpr const char* wire_name = "list_files";

  static constexpr auto fields() {
    return wire::members(wire::field{"glob", &list_files_call::glob},
                         wire::field{"limit", &list_files_call::limit});
  }
};

struct read_file_call {
  std::string path;
  /// From 1.
  std::optional<uint32_t> first_line;
  std::optional<uint32_t> max_lines;

  static constexpr const char* wire_name = "read_file";

  static constexpr auto fields() {
    return wire::members(wire::field{"path", &read_file_call::path},
                         wire::field{"first_line", &read_file_call::first_line},
                         wire::field{"max_lines", &read_file_call::max_lines});
  }
};

struct search_files_call {
  /// A regular expression (RE2).
  std::string pattern;
  std::optional<std::string> glob;
  /// The pattern means just its characters.
  std::optional<bool> literal;

  static constexpr const char* wire_name = "search_files";

  static constexpr auto fields() {
    return wire::members(wire::field{"pattern", &search_files_call::pattern},
                         wire::field{"glob", &search_files_call::glob},
                         wire::field{"literal", &search_files_call::literal});
  }
};

struct write_file_call {
  std::string path;
  std::string content;

  static constexpr const char* wire_name = "write_file";

  static constexpr auto fields() {
    return wire::members(wire::field{"path", &write_file_call::path},
                         wire::field{"content", &write_file_call::content});
  }
};

struct replacement {
  std::string old_text;
  std::string new_text;

  static constexpr const char* wire_name = "replacement";

  static constexpr auto fields() {
    return wire::members(wire::field{"old", &replacement::old_text},
                         wire::field{"new", &replacement::new_text});
  }
};

struct patch_file_call {
  std::string path;
  /// Each `old` must stand in the file exactly once when its turn comes.
  std::vector<replacement> edits;

  static constexpr const char* wire_name = "patch_file";

  static constexpr auto fields() {
    return wire::members(wire::field{"path", &patch_file_call::path},
                         wire::field{"edits", &patch_file_call::edits});
  }
};

/// The files of the worktree, sorted, without git's own.
caf::expected<std::string> list_files(const std::string& worktree,
                                      const list_files_call& what,
                                      const reading_bounds& bounds = {});

/// The lines of a file with their numbers.
caf::expected<std::string> read_file(const std::string& worktree,
                                     const read_file_call& what);

/// The lines that match, as `path:line: text`.
caf::expected<std::string> search_files(const std::string& worktree,
                                        const search_files_call& what,
                                        const reading_bounds& bounds = {});

/// A change of one file that was worked out and not done yet.
struct file_edit {
  std::string path;
  /// Hash of the content before; `absent` for a file that is not there.
  std::string before;
  /// Hash of the content after.
  std::string after;
  std::string content;
};

caf::expected<file_edit> plan_write(const std::string& worktree,
                                    const write_file_call& what);

/// In a file whose lines all end with CR LF, the line feeds of the edits mean
/// that, too.
caf::expected<file_edit> plan_patch(const std::string& worktree,
                                    patch_file_call what);

/// Makes the change, at once or not at all. Done already: nothing happens.
/// Fails with `conflict` if the file is neither as before nor as after.
caf::error apply_edit(const std::string& worktree, const file_edit& what);

/// The hash of a file's content; `absent` if there is none.
caf::expected<std::string> hash_of_file(const std::string& worktree,
                                        const std::string& path);

} // namespace machine::agents
