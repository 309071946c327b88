#pragma once

#include "runtime/store/lmdb.hpp"

#include "tests/runtime/store/conformance/support.hpp"
#include "tests/support/directory.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace machine::test {

inline engine_ptr open_store(const std::string& path,
                             const store::lmdb_options& options = {}) {
  auto engine = store::open_lmdb(path, options);
  if (!engine)
    FAIL(render(engine.error()));
  return *engine;
}

/// A directory for a store.
struct lmdb_fixture {
  temporary_directory dir;

  engine_ptr open(const store::lmdb_options& options = {}) {
    return open_store(dir.path(), options);
  }

  std::string data_path() const {
    return dir / "data.mdb";
  }
};

inline std::string read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

inline void write_file(const std::string& path, const std::string& content) {
  std::ofstream{path, std::ios::binary} << content;
}

/// Keeps the thread of a store busy until it is told to go on: what a handler
/// must not do, and the one way to let appends wait for sure.
class blocker {
public:
  explicit blocker(store::engine& engine) {
    // Whoever ends it need not wait until the writer has gone on.
    auto entered = std::make_shared<std::promise<void>>();
    engine.append(
      batch_of({"run", "t", "blocker"}, 0, {"x"}),
      [entered, go_on = go_on_.get_future().share()](caf::expected<void>) {
        entered->set_value();
        go_on.wait();
      });
    entered->get_future().wait();
  }

  void end() {
    go_on_.set_value();
  }

private:
  std::promise<void> go_on_;
};

/// A process of the test's own, which tells what it sees letter by letter.
class child {
public:
  template <class Main>
  explicit child(Main main) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::close(ends[0]);
      main([&](const auto& x) {
        if (::write(ends[1], &x, sizeof x) != sizeof x)
          ::_exit(2);
      });
      ::_exit(0);
    }
    ::close(ends[1]);
    in_ = ends[0];
  }

  child(const child&) = delete;
  child& operator=(const child&) = delete;

  ~child() {
    kill();
    ::close(in_);
  }

  /// What it tells next; none if it is gone.
  template <class T>
  std::optional<T> hear() {
    T x{};
    size_t size = 0;
    while (size < sizeof x) {
      auto got =
        ::read(in_, reinterpret_cast<char*>(&x) + size, sizeof x - size);
      if (got <= 0)
        return std::nullopt;
      size += static_cast<size_t>(got);
    }
    return x;
  }

  /// All letters until it is gone.
  std::string hear_all() {
    std::string result;
    while (auto c = hear<char>())
      result += *c;
    return result;
  }

  /// Returns when it is gone; what it has told before can still be heard.
  void kill() {
    if (pid_ <= 0)
      return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
  }

private:
  pid_t pid_ = 0;
  int in_ = -1;
};

} // namespace machine::test
