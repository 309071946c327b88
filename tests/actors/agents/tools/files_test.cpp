#include "actors/agents/tools/files.hpp"
#include "actors/agents/tools/glob.hpp"
#include "actors/agents/tools/tools.hpp"
#include "actors/agents/workspace/confined.hpp"
#include "tests/support/directory.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

using namespace machine;
using namespace machine::agents;

namespace {

struct fixture {
  test::temporary_directory dir;
  std::string tree = dir / "tree";

  fixture() {
    std::filesystem::create_directory(tree);
  }

  void put(const std::string& path, const std::string& content) {
    std::filesystem::create_directories(
      std::filesystem::path{tree + "/" + path}.parent_path());
    std::ofstream{tree + "/" + path, std::ios::binary} << content;
  }

  std::string get(const std::string& path) {
    std::ifstream in{tree + "/" + path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  std::string call(const std::string& name, const std::string& arguments) {
    models::tool_call what{"c", name, {arguments}};
    auto text = [](const caf::expected<std::string>& x) {
      return x ? *x : "Error: " + message_of(x.error());
    };
    if (effect_of(name) == tool_effect::reads)
      return text(perform_reading_tool(tree, what));
    auto plan = plan_editing_tool(tree, what);
    return text(plan ? perform_edit(tree, *plan) : plan.error());
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "no path leads out of the worktree") {
  std::ofstream{dir / "secret"} << "TOPSECRET";
  std::filesystem::create_symlink(dir / "secret", tree + "/link");
  std::filesystem::create_directory_symlink(dir.path(), tree + "/up");
  std::filesystem::create_symlink("/proc/self/root", tree + "/magic");
  put(".git/config", "x");
  auto confined = confined_tree::open(tree);
  REQUIRE(confined);
  for (auto path :
       {"../secret", "/etc/passwd", "link", "up/secret", "magic/etc/passwd",
        "a/../../secret", ".git/config", "./a", "a//b", ""}) {
    CAPTURE(path);
    CHECK(!confined->read(path, 1'000));
    CHECK(confined->write(path, "x"));
  }
  std::ifstream in{dir / "secret"};
  std::string text;
  in >> text;
  CHECK(text == "TOPSECRET");
  CHECK(get(".git/config") == "x");
  CHECK(call("search_files", R"({"pattern":"TOPSECRET"})")
        == "nothing found\n");
  CHECK(call("list_files", "{}") == "no files");
}

TEST_CASE_METHOD(fixture, "a file is written as a whole, with its mode") {
  CHECK(call("write_file", R"({"path":"a/b/c.txt","content":"x\r\ny"})")
        == "Created a/b/c.txt.");
  CHECK(get("a/b/c.txt") == "x\r\ny");
  ::chmod((tree + "/a/b/c.txt").c_str(), 0755);
  CHECK(call("write_file", R"({"path":"a/b/c.txt","content":"z"})")
        == "Changed a/b/c.txt.");
  struct stat about {};
  ::stat((tree + "/a/b/c.txt").c_str(), &about);
  CHECK((about.st_mode & 0777) == 0755);
  CHECK(
    call("write_file", R"({"path":"a","content":"z"})").starts_with("Error: "));
}

TEST_CASE_METHOD(fixture, "an edit must stand in the file exactly once") {
  put("f", "one\ntwo\n  three\ntwo\n");
  auto patch = [&](const std::string& old_text, const std::string& new_text) {
    return call("patch_file", R"({"path":"f","edits":[{"old":")" + old_text
                                + R"(","new":")" + new_text + R"("}]})");
  };
  CHECK(patch("one", "1") == "Changed f.");
  CHECK(patch("two", "2").find("more than once") != std::string::npos);
  CHECK(patch("\\tthree", "3").find("stands in line 3") != std::string::npos);
  CHECK(patch("four", "4").find("does not stand in f") != std::string::npos);
  CHECK(patch("", "4").find("`old` is empty") != std::string::npos);
  CHECK(get("f") == "1\ntwo\n  three\ntwo\n");
}

TEST_CASE_METHOD(fixture, "whether an edit was made is told by its guard") {
  put("f", "hello\n");
  // What it inserts contains what it looks for: made twice, it would show.
  models::tool_call what{
    "c",
    "patch_file",
    {R"({"path":"f","edits":[{"old":"hello","new":"hello hello"}]})"}};
  auto plan = plan_editing_tool(tree, what);
  REQUIRE(plan);
  CHECK(!find_edit(tree, what, plan->after));
  CHECK(*perform_edit(tree, *plan) == "Changed f.");
  CHECK(find_edit(tree, what, plan->after) == "Changed f.");
  put("f", "something else");
  CHECK(!find_edit(tree, what, plan->after));
}

TEST_CASE_METHOD(fixture, "a planned edit fails if the file has changed") {
  put("f", "before");
  auto plan = plan_write(tree, {"f", "after"});
  REQUIRE(plan);
  put("f", "meanwhile");
  CHECK(code_of(apply_edit(tree, *plan)) == ec::conflict);
  put("f", "before");
  CHECK(!apply_edit(tree, *plan));
  CHECK(!apply_edit(tree, *plan));
  CHECK(get("f") == "after");
}

TEST_CASE_METHOD(fixture, "files are read with numbers and bounds") {
  put("f", "a\nb\nc");
  CHECK(call("read_file", R"({"path":"f"})") == "1\ta\n2\tb\n3\tc\n");
  CHECK(call("read_file", R"({"path":"f","first_line":2,"max_lines":1})")
        == "2\tb\n... 1 more lines; read on with first_line 3\n");
  CHECK(call("read_file", R"({"path":"f","first_line":9})").find("3 lines")
        != std::string::npos);
  put("binary", std::string("a\0b", 3));
  CHECK(call("read_file", R"({"path":"binary"})").find("binary")
        != std::string::npos);
  put("large", std::string(max_file_bytes + 1, 'x'));
  CHECK(call("read_file", R"({"path":"large"})").find("bytes")
        != std::string::npos);
}

TEST_CASE_METHOD(fixture, "searching takes regular expressions, and literals") {
  put("a.cpp", "int x;\nint y;\n");
  put("b.txt", "int (z);\n");
  CHECK(call("search_files", R"({"pattern":"int [xy]"})")
        == "a.cpp:1: int x;\na.cpp:2: int y;\n");
  CHECK(call("search_files", R"x({"pattern":"(z)","literal":true})x")
        == "b.txt:1: int (z);\n");
  CHECK(call("search_files", R"({"pattern":"int","glob":"*.txt"})")
        == "b.txt:1: int (z);\n");
  CHECK(call("search_files", R"x({"pattern":"("})x").find("regular expression")
        != std::string::npos);
}

TEST_CASE_METHOD(fixture, "searching ends, whatever there is to search") {
  std::string lines;
  for (int i = 0; i < 500'000; ++i)
    lines += "a\n";
  put("0", lines);
  for (int i = 1; i < 600; ++i)
    std::filesystem::create_hard_link(tree + "/0",
                                      tree + "/" + std::to_string(i));
  auto search = [&](const reading_bounds& bounds) {
    auto x = search_files(tree, {.pattern = "b"}, bounds);
    REQUIRE(x);
    CHECK(x->starts_with("nothing found\n"));
    return *x;
  };
  auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
  };
  auto began = std::chrono::steady_clock::now();
  CHECK(has(search({.time = duration{50}}), "cut short: it took more than 50"));
  CHECK(has(search({.bytes = 3u << 20}), "cut short: it read more than 3 MiB"));
  std::stop_source stop;
  stop.request_stop();
  CHECK(has(search({.stop = stop.get_token()}), "cut short: it was cancelled"));
  auto listed = list_files(tree, {}, {.stop = stop.get_token()});
  REQUIRE(listed);
  CHECK(has(*listed, "cut short"));
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{5});
  // Of what it has found, nothing is lost.
  put("!", "b\n");
  auto found = search_files(tree, {.pattern = "b"}, {.bytes = 1u << 20});
  REQUIRE(found);
  CHECK(has(*found, "!:1: b\n"));
}

TEST_CASE_METHOD(fixture, "a pattern or a glob cannot be of any size") {
  put("f", std::string(1'000'000, 'a'));
  auto huge = search_files(tree, {.pattern = "((a?){100}){100}b"});
  REQUIRE(!huge);
  CHECK(code_of(huge.error()) == ec::invalid_argument);
  CHECK(search_files(tree, {.pattern = "(a?){900}b"}));
  auto long_glob = list_files(tree, {.glob = std::string(2'000, '*')});
  REQUIRE(!long_glob);
  CHECK(code_of(long_glob.error()) == ec::invalid_argument);
}

TEST_CASE_METHOD(fixture, "a line that is shown in part says so") {
  put("f", std::string(2'000, 'x') + "\n" + std::string(2'001, 'y') + "\n");
  auto x = call("read_file", R"({"path":"f"})");
  CHECK(x.find(std::string(2'000, 'x') + "\n") != x.npos);
  CHECK(x.find("y[... 1 more bytes in this line ...]\n") != x.npos);
}

TEST_CASE_METHOD(fixture, "the ends of lines stay as they are") {
  auto patch = [&](const std::string& path, const std::string& edits) {
    return call("patch_file",
                R"({"path":")" + path + R"(","edits":[)" + edits + "]}");
  };
  put("crlf", "one\r\ntwo\r\nthree\r\n");
  CHECK(patch("crlf", R"({"old":"one\ntwo","new":"1\n2\nx"})")
        == "Changed crlf.");
  CHECK(get("crlf") == "1\r\n2\r\nx\r\nthree\r\n");
  CHECK(patch("crlf", R"({"old":"x\r\nthree","new":"3"})") == "Changed crlf.");
  CHECK(get("crlf") == "1\r\n2\r\n3\r\n");
  // Where ends are mixed, nobody can know: text counts as it is given.
  put("mixed", "one\r\ntwo\nthree\n");
  CHECK(patch("mixed", R"({"old":"two\nthree","new":"2\n3"})")
        == "Changed mixed.");
  CHECK(get("mixed") == "one\r\n2\n3\n");
  put("open", "one\ntwo");
  CHECK(patch("open", R"({"old":"one","new":"1"})") == "Changed open.");
  CHECK(get("open") == "1\ntwo");
  CHECK(patch("open", R"({"old":"two","new":"2"})") == "Changed open.");
  CHECK(get("open") == "1\n2");
}

TEST_CASE_METHOD(fixture, "edits are made one after the other, or not at all") {
  put("f", "a b");
  auto patch = [&](const std::string& edits) {
    return call("patch_file", R"({"path":"f","edits":[)" + edits + "]}");
  };
  // Each sees what those before it have made.
  CHECK(patch(R"({"old":"a","new":"b c"},{"old":"c b","new":"d"})")
        == "Changed f.");
  CHECK(get("f") == "b d");
  CHECK(patch(R"({"old":"b","new":"d"},{"old":"d","new":"e"})")
          .find("edit 2: `old` stands in f more than once")
        != std::string::npos);
  CHECK(patch(R"({"old":"b","new":"x"},{"old":"no","new":"e"})")
          .find("edit 2: `old` does not stand in f")
        != std::string::npos);
  CHECK(get("f") == "b d");
  // Occurrences that overlap are two.
  put("f", "aaa");
  CHECK(patch(R"({"old":"aa","new":"b"})").find("more than once")
        != std::string::npos);
}

TEST_CASE_METHOD(fixture, "bytes that are no UTF-8 survive an edit") {
  put("f", "caf\xE9\nold\n");
  CHECK(call("read_file", R"({"path":"f"})") == "1\tcaf\xEF\xBF\xBD\n2\told\n");
  CHECK(call("search_files", R"({"pattern":"caf"})")
          .starts_with("f:1: caf\xEF\xBF\xBD"));
  CHECK(
    call("patch_file", R"({"path":"f","edits":[{"old":"old","new":"new"}]})")
    == "Changed f.");
  CHECK(get("f") == "caf\xE9\nnew\n");
}

TEST_CASE("globs match as people expect") {
  CHECK(matches_glob("*.cpp", "src/a.cpp"));
  CHECK(!matches_glob("src/*.cpp", "src/x/a.cpp"));
  CHECK(matches_glob("src/**/*.cpp", "src/x/y/a.cpp"));
  CHECK(matches_glob("src/**/*.cpp", "src/a.cpp"));
  CHECK(matches_glob("**/a.cpp", "a.cpp"));
  CHECK(!matches_glob("?.cpp", "ab.cpp"));
  auto hard = std::string(40, '*') + "b";
  CHECK(!matches_glob(hard, std::string(200, 'a')));
}
