#include "actors/secrets/key_file.hpp"

#include "tests/support/directory.hpp"
#include "tests/support/text.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

using namespace machine;
using namespace machine::secrets;

namespace {

void write_keys(const std::string& path, const std::string& text,
                mode_t mode = 0600) {
  std::ofstream{path} << text;
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

const std::string one(64, 'a');
const std::string two(64, 'b');

} // namespace

TEST_CASE("a key file is read as it was written, by its owner alone") {
  test::temporary_directory dir;
  auto path = dir / "vault.key";
  CHECK(code_of(read_key_file(path).error()) == ec::not_found);
  master_keys keys{make_master_key(), make_master_key()};
  CHECK(keys[0].id() != keys[1].id());
  // What an earlier try has left is in nobody's way.
  write_keys(path + ".new", "half of a f", 0644);
  REQUIRE(!write_key_file(path, keys));
  struct stat about = {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  CHECK(!std::filesystem::exists(path + ".new"));
  auto read = read_key_file(path);
  REQUIRE(read);
  REQUIRE(read->size() == 2);
  CHECK((*read)[0].id() == keys[0].id());
  CHECK((*read)[1].id() == keys[1].id());
}

TEST_CASE("a key file that others may read is refused") {
  test::temporary_directory dir;
  auto path = dir / "vault.key";
  for (auto mode : {0640, 0604, 0620, 0660, 0644, 0601}) {
    write_keys(path, one + "\n", mode);
    auto refused = read_key_file(path);
    REQUIRE(!refused);
    CHECK(code_of(refused.error()) == ec::denied);
    CHECK(test::has(message_of(refused.error()), "chmod 600 " + path));
  }
  write_keys(path, one + "\n", 0400);
  CHECK(read_key_file(path));
}

TEST_CASE("what is no key file is refused without a word of what is in it") {
  test::temporary_directory dir;
  auto path = dir / "vault.key";
  for (auto& text : {std::string{}, std::string{"# nothing\n"},
                     one.substr(1) + "\n", one + "x\n", two + one + "\n",
                     one + "\nsomething\n", std::string(4'000, 'a')}) {
    write_keys(path, text);
    auto refused = read_key_file(path);
    REQUIRE(!refused);
    CHECK(code_of(refused.error()) == ec::corrupt);
    CHECK(!test::has(message_of(refused.error()), "aaaa"));
  }
  write_keys(path, "# ours\n" + one + "\r\n\n" + two);
  auto read = read_key_file(path);
  REQUIRE(read);
  CHECK(read->size() == 2);
  CHECK(!read_master_key("vault.key", one + "0"));
  CHECK(read_master_key("vault.key", one));
}
