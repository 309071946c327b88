#include "deploy/cli/style.hpp"
#include "deploy/cli/table.hpp"
#include "deploy/cli/text.hpp"

#include "deploy/cli/diff.hpp"

#include <catch2/catch.hpp>

using namespace machine::cli;

TEST_CASE("wide, narrow and combining characters are counted in columns") {
  CHECK(width_of(std::string_view{"abc"}) == 3);
  CHECK(width_of(std::string_view{"ä"}) == 1);
  CHECK(width_of(std::string_view{"a\u0308"}) == 1);
  CHECK(width_of(std::string_view{"日本"}) == 4);
  CHECK(width_of(std::string_view{"한글"}) == 4);
  CHECK(width_of(std::string_view{"🙂"}) == 2);
  CHECK(width_of(std::string_view{"✔ ○ ●"}) == 5);
  CHECK(width_of(std::string_view{""}) == 0);
}

TEST_CASE("clipping never exceeds the width and shows that it clipped") {
  CHECK(clip("hello", 5) == "hello");
  CHECK(clip("hello!", 5) == "hell…");
  CHECK(clip("日本語", 5) == "日本…");
  CHECK(clip("日本語", 4) == "日…");
  CHECK(clip("x", 0).empty());
  CHECK(clip("xy", 1) == "…");
  CHECK(fit("ab", 4) == "ab  ");
  for (size_t width = 0; width < 12; ++width)
    CHECK(width_of(std::string_view{clip("a日b本c🙂d", width)}) <= width);
}

TEST_CASE("wrapping keeps every line within the width") {
  CHECK(wrap("one two three", 7)
        == std::vector<std::string>{"one two", "three"});
  CHECK(wrap("abcdefgh", 3) == std::vector<std::string>{"abc", "def", "gh"});
  CHECK(wrap("a\n\nb", 10) == std::vector<std::string>{"a", "", "b"});
  CHECK(wrap("日本語", 5) == std::vector<std::string>{"日本", "語"});
  CHECK(wrap("", 5).empty());
  CHECK(wrap("日", 1) == std::vector<std::string>{"日"});
}

TEST_CASE("the end of a long text is wrapped without the rest") {
  std::string text;
  for (auto i = 0; i < 100'000; ++i)
    text += "line " + std::to_string(i) + "\n";
  CHECK(wrap_tail(text, 20, 2)
        == std::vector<std::string>{"line 99998", "line 99999"});
  CHECK(wrap_tail("", 20, 2).empty());
}

TEST_CASE("nothing of a text can reach the terminal but its characters") {
  CHECK(printable("a\x1b[31mb\x1b[0m") == "ab");
  CHECK(printable("\x1b]0;title\ax") == "x");
  CHECK(printable("\x1b]8;;http://x\x1b\\link") == "link");
  CHECK(printable("a\rb\bc\x07") == "abc");
  CHECK(printable("\xc2\x9b"
                  "31m")
        == "31m");
  CHECK(printable("a\tb\nc") == "a    b\nc");
  CHECK(printable("\u202Etxt.exe") == "txt.exe");
  CHECK(printable("\xff") == "\uFFFD");
  CHECK(printable("\x1b").empty());
  CHECK(printable("\x1b[").empty());
}

TEST_CASE("a line of parts is clipped as a whole") {
  line x{{"abc", style::bold}, {"defgh", style::dim}};
  CHECK(width_of(x) == 8);
  CHECK(clip(x, 5) == line{{"abc", style::bold}, {"d…", style::dim}});
  CHECK(to_text(x, colour_mode::none) == "abcdefgh");
  CHECK(to_text(x, colour_mode::ansi)
        == "\x1b[1mabc\x1b[0m\x1b[2mdefgh\x1b[0m");
}

TEST_CASE("what stands at the right stays, what stands at the left gives way") {
  CHECK(to_text(spread({{"left"}}, {{"right"}}, 20), colour_mode::none)
        == "left           right");
  CHECK(to_text(spread({{"a long text at the left"}}, {{"right"}}, 20),
                colour_mode::none)
        == "a long text a… right");
  CHECK(to_text(spread({{"left"}}, {{"right"}}, 6), colour_mode::none)
        == "left");
}

TEST_CASE("a table aligns its columns and fits") {
  table x{{{"name"}, {"cost", column::right}, {"about"}}};
  x.add({"a", "$1.00", "short"});
  x.add({"日本", "$10.00", "a text that is too long\nsecond line"});
  auto lines = x.lines(30);
  REQUIRE(lines.size() == 3);
  CHECK(to_text(lines[0], colour_mode::none) == "name    cost  about");
  CHECK(to_text(lines[1], colour_mode::none) == "a      $1.00  short");
  CHECK(to_text(lines[2], colour_mode::none)
        == "日本  $10.00  a text that is …");
  for (auto& row : x.lines(12))
    CHECK(width_of(row) <= 12);
}

TEST_CASE("what is hidden is visible to who judges it") {
  CHECK(visible("a\x1b[31mb\x07\x7f\r\n\tc") == "a^[[31mb^G^?^M\n    c");
  CHECK(visible("x\u202Ey\u009Bz") == "x<U+202E>y<U+009B>z");
  CHECK(visible("grün 世界") == "grün 世界");
}

TEST_CASE("a shell takes a quoted word for one") {
  CHECK(shell_word("/a/b-c_1.txt") == "/a/b-c_1.txt");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("") == "''");
}

TEST_CASE("a diff is coloured by what its lines do, and hides nothing") {
  auto lines = diff_lines("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n"
                          "-old\n+n\x1b]0;ew\x07\n same\n");
  std::vector<line> expected{{{"diff --git a/x b/x", style::bold}},
                             {{"--- a/x", style::bold}},
                             {{"+++ b/x", style::bold}},
                             {{"@@ -1 +1 @@", style::cyan}},
                             {{"-old", style::red}},
                             {{"+n^[]0;ew^G", style::green}},
                             {{" same"}}};
  CHECK(lines == expected);
}
