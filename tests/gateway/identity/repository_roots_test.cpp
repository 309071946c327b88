#include "gateway/identity/repository_roots.hpp"
#include "tests/support/directory.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace machine;
using gateway::repository_roots;
namespace fs = std::filesystem;

namespace {

bool may(const repository_roots& in, const std::string& tenant,
         const std::string& path) {
  auto err = in.check(tenant, path);
  CHECK((!err || code_of(err) == ec::denied));
  return !err;
}

} // namespace

TEST_CASE("without directories nobody may work with anything") {
  test::temporary_directory dir;
  CHECK(!may(repository_roots{}, "acme", dir / ""));
  CHECK(!may(repository_roots{}, "acme", "/"));
}

TEST_CASE(
  "what is in a directory may be worked with, and what is not may not") {
  test::temporary_directory dir;
  fs::create_directories(dir / "all/deep/er");
  fs::create_directories(dir / "all-else");
  repository_roots it{{dir / "all"}};
  CHECK(may(it, "acme", dir / "all"));
  CHECK(may(it, "acme", dir / "all/deep/er"));
  CHECK(may(it, "acme", dir / "all/deep/../deep"));
  CHECK(!may(it, "acme", dir / "all-else"));
  CHECK(!may(it, "acme", dir / "all/../all-else"));
  CHECK(!may(it, "acme", dir / "all/nothing"));
  CHECK(!may(it, "acme", "all"));
  CHECK(!may(it, "acme", ""));
}

TEST_CASE("links count as where they lead") {
  test::temporary_directory dir;
  fs::create_directories(dir / "all/own");
  fs::create_directories(dir / "secret");
  fs::create_directory_symlink(dir / "secret", dir / "all/out");
  fs::create_directory_symlink(dir / "all/own", dir / "in");
  repository_roots it{{dir / "all"}};
  CHECK(!may(it, "acme", dir / "all/out"));
  CHECK(may(it, "acme", dir / "in"));
}

TEST_CASE("tenants have directories of their own") {
  test::temporary_directory dir;
  fs::create_directories(dir / "acme/shop");
  fs::create_directories(dir / "umbrella/shop");
  repository_roots it{{dir / "nothing", dir / "{tenant}"}};
  CHECK(may(it, "acme", dir / "acme/shop"));
  CHECK(!may(it, "acme", dir / "umbrella/shop"));
  CHECK(may(it, "umbrella", dir / "umbrella/shop"));
}
