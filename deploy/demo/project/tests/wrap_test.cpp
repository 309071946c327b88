#include "text/wrap.hpp"

#include "check.hpp"

int main() {
  check("nothing", "", text::wrap("", 10));
  check("one line", "a b c", text::wrap("a b c", 5));
  check("two lines", "one two\nthree", text::wrap("one two three", 8));
  check("a long word", "a\nextraordinarily\nb",
        text::wrap("a extraordinarily b", 6));
  check("many spaces", "a b", text::wrap("  a   b  ", 10));
  return result();
}
