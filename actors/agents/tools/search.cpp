#include "actors/agents/tools/files.hpp"
#include "actors/agents/tools/glob.hpp"
#include "actors/agents/tools/lines.hpp"
#include "actors/agents/workspace/confined.hpp"
#include "runtime/wire/document.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace machine::agents {

namespace {

namespace fs = std::filesystem;

constexpr uint32_t usual_list = 500;
constexpr size_t max_visited = 200'000;
constexpr size_t max_glob = 1'024;
/// Instructions of a compiled pattern; the time for a byte grows with them.
constexpr int max_program = 5'000;
/// Of longer lines the beginning is searched: nothing can interrupt a match.
constexpr size_t max_searched_line = 64u << 10;
constexpr size_t max_matches = 200;

/// Keeps account of what a call has taken of its bounds.
class effort {
public:
  explicit effort(const reading_bounds& bounds)
      : bounds_(bounds), until_(clock::now() + bounds.time) {}

  /// Whether there is time left.
  bool goes_on() {
    if (bounds_.stop.stop_requested())
      end("it was cancelled");
    else if (clock::now() >= until_)
      end("it took more than " + std::to_string(bounds_.time.count()) + " ms");
    return why_.empty();
  }

  void count(size_t bytes) {
    bytes_ += bytes;
    if (bytes_ > bounds_.bytes)
      end("it read more than " + std::to_string(bounds_.bytes >> 20) + " MiB");
  }

  void end(std::string why) {
    if (why_.empty())
      why_ = std::move(why);
  }

  /// The line about what is missing in the result; none if nothing is.
  std::string note() const {
    return why_.empty() ? std::string{}
                        : "[... cut short: " + why_
                            + "; look into fewer files with a glob such as "
                              "src/**/*.cpp ...]\n";
  }

private:
  using clock = std::chrono::steady_clock;

  const reading_bounds& bounds_;
  clock::time_point until_;
  uint64_t bytes_ = 0;
  std::string why_;
};

caf::error check_glob(const std::optional<std::string>& glob) {
  if (!glob || glob->size() <= max_glob)
    return caf::none;
  return make_error(ec::invalid_argument,
                    "the glob has " + std::to_string(glob->size())
                      + " bytes; at most " + std::to_string(max_glob)
                      + " are allowed");
}

/// Every regular file below *worktree* that *glob* matches, sorted.
std::vector<std::string> find_files(const std::string& worktree,
                                    const std::optional<std::string>& glob,
                                    effort& of) {
  std::vector<std::string> result;
  std::error_code code;
  size_t visited = 0;
  fs::recursive_directory_iterator i{
    worktree, fs::directory_options::skip_permission_denied, code};
  for (; i != fs::recursive_directory_iterator{} && of.goes_on();
       i.increment(code)) {
    if (++visited > max_visited) {
      of.end("there are more than " + std::to_string(max_visited) + " files");
      break;
    }
    auto name = i->path().filename().string();
    if (name == ".git" || name == ".themachine" || name == "node_modules") {
      i.disable_recursion_pending();
      continue;
    }
    if (!i->is_regular_file(code) || i->is_symlink(code))
      continue;
    auto path = i->path().string().substr(worktree.size() + 1);
    if (!wire::is_utf8(path))
      continue;
    if (!glob || matches_glob(*glob, path))
      result.push_back(std::move(path));
  }
  std::sort(result.begin(), result.end());
  return result;
}

} // namespace

caf::expected<std::string> list_files(const std::string& worktree,
                                      const list_files_call& what,
                                      const reading_bounds& bounds) {
  if (auto err = check_glob(what.glob))
    return err;
  auto limit = std::min(what.limit.value_or(usual_list), 5'000u);
  effort of{bounds};
  auto files = find_files(worktree, what.glob, of);
  std::string result;
  for (size_t i = 0; i < files.size() && i < limit; ++i)
    result += files[i] + "\n";
  if (files.size() > limit)
    result += "... and " + std::to_string(files.size() - limit)
            + " more; name a glob to see fewer\n";
  result += of.note();
  return result.empty() ? std::string{"no files"} : result;
}

caf::expected<std::string> search_files(const std::string& worktree,
                                        const search_files_call& what,
                                        const reading_bounds& bounds) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(8 << 20);
  options.set_literal(what.literal.value_or(false));
  RE2 pattern{what.pattern, options};
  if (!pattern.ok())
    return make_error(ec::invalid_argument,
                      "the pattern is no regular expression: "
                        + pattern.error());
  if (pattern.ProgramSize() > max_program)
    return make_error(ec::invalid_argument,
                      "the pattern is too large; mind that x{1000} counts like "
                      "x a thousand times");
  if (auto err = check_glob(what.glob))
    return err;
  auto tree = confined_tree::open(worktree);
  if (!tree)
    return std::move(tree.error());
  effort of{bounds};
  std::string result;
  size_t found = 0;
  for (auto& path : find_files(worktree, what.glob, of)) {
    if (!of.goes_on())
      break;
    auto content = tree->read(path, max_file_bytes);
    if (!content)
      continue;
    of.count(content->size());
    if (is_binary(*content))
      continue;
    auto lines = split_lines(*content);
    for (size_t i = 0; i < lines.size() && of.goes_on(); ++i) {
      re2::StringPiece line{lines[i].data(),
                            std::min(lines[i].size(), max_searched_line)};
      if (!RE2::PartialMatch(line, pattern))
        continue;
      if (++found > max_matches)
        return result + "... and more; make the pattern narrower\n";
      result += path + ":" + std::to_string(i + 1) + ": "
              + wire::to_utf8(lines[i].substr(0, 300)) + "\n";
    }
  }
  if (found == 0)
    result = "nothing found\n";
  result += of.note();
  return result;
}

} // namespace machine::agents
