#include "text/slugify.hpp"

#include "check.hpp"

int main() {
  check("nothing", "", text::slugify(""));
  check("a title", "hello-world", text::slugify("Hello, World!"));
  check("signs only", "", text::slugify(" -- ! "));
  check("digits", "top-10-of-2026", text::slugify("Top 10 of 2026"));
  return result();
}
