#include "runtime/file_watch.hpp"

#include "tests/support/directory.hpp"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

using namespace machine;
using namespace std::chrono_literals;

namespace {

/// Counts what a watch tells.
class listener {
public:
  auto callback() {
    return [this] {
      std::lock_guard guard{mutex_};
      ++count_;
      told_.notify_all();
    };
  }

  /// Whether it was told *count* times, at last.
  bool hears(size_t count) {
    std::unique_lock lock{mutex_};
    return told_.wait_for(lock, 30s, [&] { return count_ >= count; });
  }

  size_t count() {
    std::lock_guard guard{mutex_};
    return count_;
  }

private:
  std::mutex mutex_;
  std::condition_variable told_;
  size_t count_ = 0;
};

void write(const std::string& path, const std::string& text) {
  std::ofstream{path, std::ios::binary} << text;
}

/// With which a change is told soon.
file_watch_options quick(file_watch_options::by how) {
  return {how, how == file_watch_options::by::looking ? 5ms : 60'000ms, 5ms};
}

using enum file_watch_options::by;

} // namespace

TEST_CASE("a file that is written, replaced, removed or made is told of") {
  for (auto how : {word_of_system, looking}) {
    CAPTURE(static_cast<int>(how));
    test::temporary_directory dir;
    auto path = dir / "file";
    write(path, "one");
    listener heard;
    file_watch watch{path, quick(how)};
    watch.start(heard.callback());
    write(path, "two, and longer");
    REQUIRE(heard.hears(1));
    write(dir / "other", "three");
    std::filesystem::rename(dir / "other", path);
    REQUIRE(heard.hears(2));
    std::filesystem::remove(path);
    REQUIRE(heard.hears(3));
    write(path, "four");
    CHECK(heard.hears(4));
  }
}

TEST_CASE("what happened between remembering and starting is told of") {
  test::temporary_directory dir;
  auto path = dir / "file";
  listener heard;
  file_watch watch{path, quick(word_of_system)};
  write(path, "here");
  watch.start(heard.callback());
  CHECK(heard.hears(1));
}

TEST_CASE("what happens to other files is not told of") {
  test::temporary_directory dir;
  auto path = dir / "file";
  write(path, "one");
  listener heard;
  file_watch watch{path, quick(word_of_system)};
  watch.start(heard.callback());
  for (int i = 0; i < 10; ++i)
    write(dir / ("other" + std::to_string(i)), "x");
  // Not in two steps, each of which might be told of.
  std::filesystem::rename(dir / "other0", path);
  REQUIRE(heard.hears(1));
  CHECK(heard.count() == 1);
}

TEST_CASE("a link that leads elsewhere is another file") {
  test::temporary_directory dir;
  write(dir / "one", "1");
  write(dir / "two", "2");
  auto path = dir / "file";
  std::filesystem::create_symlink(dir / "one", path);
  listener heard;
  file_watch watch{path, quick(word_of_system)};
  watch.start(heard.callback());
  std::filesystem::create_symlink(dir / "two", dir / "next");
  std::filesystem::rename(dir / "next", path);
  CHECK(heard.hears(1));
}

TEST_CASE("a directory that comes later is watched") {
  test::temporary_directory dir;
  auto path = dir / "deep/file";
  listener heard;
  file_watch watch{path, {word_of_system, 5ms, 5ms}};
  watch.start(heard.callback());
  std::filesystem::create_directory(dir / "deep");
  write(path, "here");
  REQUIRE(heard.hears(1));
  std::filesystem::remove_all(dir / "deep");
  CHECK(heard.hears(2));
}

TEST_CASE("a watch that ends waits for nobody") {
  test::temporary_directory dir;
  listener heard;
  {
    file_watch never_started{dir / "file"};
    file_watch idle{dir / "file"};
    idle.start(heard.callback());
  }
  CHECK(heard.count() == 0);
}
