#include "actors/agents/tools/files.hpp"

#include "actors/agents/tools/lines.hpp"
#include "actors/agents/workspace/confined.hpp"
#include "runtime/store/store.hpp"
#include "runtime/wire/document.hpp"

#include <algorithm>

namespace machine::agents {

namespace {

caf::expected<std::string> read_confined(const std::string& worktree,
                                         const std::string& path,
                                         size_t max_bytes) {
  auto tree = confined_tree::open(worktree);
  if (!tree)
    return std::move(tree.error());
  return tree->read(path, max_bytes);
}

constexpr uint32_t usual_lines = 2'000;
constexpr size_t max_line = 2'000;

std::string hash_text(const std::string& content) {
  return store::hash_blob(as_bytes(content));
}

caf::expected<file_edit> make_edit(const std::string& worktree,
                                   const std::string& path,
                                   std::string content) {
  if (content.size() > max_file_bytes)
    return make_error(ec::limit_exceeded, "the content has "
                                            + std::to_string(content.size())
                                            + " bytes; a file has at most "
                                            + std::to_string(max_file_bytes));
  auto before = hash_of_file(worktree, path);
  if (!before)
    return std::move(before.error());
  file_edit result;
  result.path = path;
  result.before = std::move(*before);
  result.after = hash_text(content);
  result.content = std::move(content);
  return result;
}

/// Where in *content* something like the first line of *wanted* stands.
std::string nearest_line(const std::string& content,
                         const std::string& wanted) {
  auto first = wanted.substr(0, wanted.find('\n'));
  auto begin = first.find_first_not_of(" \t");
  if (begin == first.npos)
    return {};
  auto core = first.substr(begin, first.find_last_not_of(" \t\r") - begin + 1);
  auto lines = split_lines(content);
  for (size_t i = 0; i < lines.size(); ++i)
    if (lines[i].find(core) != lines[i].npos)
      return " Its first line stands in line " + std::to_string(i + 1)
           + ", but not all of it as given: mind spaces and tabs.";
  return {};
}

/// Whether every line of *content* ends with CR LF.
bool has_long_ends(std::string_view content) {
  auto at = content.find('\n');
  if (at == content.npos)
    return false;
  for (; at != content.npos; at = content.find('\n', at + 1))
    if (at == 0 || content[at - 1] != '\r')
      return false;
  return true;
}

std::string with_long_ends(std::string_view text) {
  std::string result;
  for (auto c : text) {
    if (c == '\n' && !result.ends_with('\r'))
      result += '\r';
    result += c;
  }
  return result;
}

} // namespace

caf::expected<std::string> read_file(const std::string& worktree,
                                     const read_file_call& what) {
  auto content = read_confined(worktree, what.path, max_file_bytes);
  if (!content)
    return std::move(content.error());
  if (is_binary(*content))
    return make_error(ec::invalid_argument, what.path + " is a binary file");
  auto lines = split_lines(*content);
  size_t first = std::max(what.first_line.value_or(1), 1u);
  auto most = std::min(what.max_lines.value_or(usual_lines), usual_lines);
  if (first > std::max<size_t>(lines.size(), 1))
    return make_error(ec::invalid_argument,
                      what.path + " has " + std::to_string(lines.size())
                        + " lines; there is no line " + std::to_string(first));
  std::string result;
  auto last = std::min(lines.size(), first - 1 + most);
  for (auto i = first - 1; i < last; ++i) {
    result += std::to_string(i + 1) + "\t";
    result += wire::to_utf8(lines[i].substr(0, max_line));
    if (lines[i].size() > max_line)
      result += "[... " + std::to_string(lines[i].size() - max_line)
              + " more bytes in this line ...]";
    result += '\n';
  }
  if (last < lines.size())
    result += "... " + std::to_string(lines.size() - last)
            + " more lines; read on with first_line " + std::to_string(last + 1)
            + "\n";
  return result.empty() ? std::string{"(the file is empty)"} : result;
}

caf::expected<std::string> hash_of_file(const std::string& worktree,
                                        const std::string& path) {
  auto content = read_confined(worktree, path, 64u << 20);
  if (content)
    return hash_text(*content);
  if (code_of(content.error()) == ec::not_found)
    return std::string{"absent"};
  return std::move(content.error());
}

caf::expected<file_edit> plan_write(const std::string& worktree,
                                    const write_file_call& what) {
  if (auto err = check_path(what.path))
    return err;
  return make_edit(worktree, what.path, what.content);
}

caf::expected<file_edit> plan_patch(const std::string& worktree,
                                    patch_file_call what) {
  auto content = read_confined(worktree, what.path, max_file_bytes);
  if (!content)
    return std::move(content.error());
  if (what.edits.empty())
    return make_error(ec::invalid_argument, "there are no edits");
  // Models write line feeds alone.
  if (has_long_ends(*content))
    for (auto& edit : what.edits)
      for (auto* text : {&edit.old_text, &edit.new_text})
        *text = with_long_ends(*text);
  for (size_t i = 0; i < what.edits.size(); ++i) {
    auto& edit = what.edits[i];
    auto name = "edit " + std::to_string(i + 1);
    if (edit.old_text.empty())
      return make_error(ec::invalid_argument,
                        name
                          + ": `old` is empty; to make a file use "
                            "write_file");
    auto at = content->find(edit.old_text);
    if (at == content->npos)
      return make_error(ec::invalid_argument,
                        name + ": `old` does not stand in " + what.path + "."
                          + nearest_line(*content, edit.old_text)
                          + " Read the file again and copy the text exactly.");
    if (content->find(edit.old_text, at + 1) != content->npos)
      return make_error(ec::invalid_argument,
                        name + ": `old` stands in " + what.path
                          + " more than once; add lines around it until it "
                            "is unique");
    content->replace(at, edit.old_text.size(), edit.new_text);
  }
  return make_edit(worktree, what.path, std::move(*content));
}

caf::error apply_edit(const std::string& worktree, const file_edit& what) {
  auto now = hash_of_file(worktree, what.path);
  if (!now)
    return std::move(now.error());
  if (*now == what.after)
    return caf::none;
  if (*now != what.before)
    return make_error(ec::conflict,
                      what.path
                        + " was changed by something else meanwhile; "
                          "read it again");
  auto tree = confined_tree::open(worktree);
  if (!tree)
    return std::move(tree.error());
  return tree->write(what.path, what.content);
}

} // namespace machine::agents
