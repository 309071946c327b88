#include "runtime/security/fingerprint.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace machine::security;

TEST_CASE("a fingerprint stands for one text, and in one process") {
  fingerprinter it;
  fingerprinter other;
  CHECK(it.of("tm_x") == it.of(std::string{"tm_x"}));
  CHECK(it.of("tm_x") != other.of("tm_x"));
  CHECK(it.of("") != it.of(std::string(1, '\0')));
  std::set<fingerprint> seen;
  std::string text(100, 'x');
  for (auto& c : text)
    for (int bit = 0; bit < 8; ++bit) {
      c = static_cast<char>(c ^ (1 << bit));
      seen.insert(it.of(text));
      c = static_cast<char>(c ^ (1 << bit));
    }
  CHECK(seen.size() == 800);
  CHECK(!seen.contains(it.of(text)));
}
