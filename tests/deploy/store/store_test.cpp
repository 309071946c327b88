#include "deploy/cli/cli.hpp"
#include "deploy/machine/machine.hpp"
#include "runtime/store/lmdb.hpp"
#include "tests/support/directory.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

using namespace machine;
namespace fs = std::filesystem;

namespace {

struct result {
  int code = 0;
  std::string out;
  std::string err;

  bool operator==(const result&) const = default;

  /// Without how much there is: a machine that comes and goes writes that down.
  result without_counts() const {
    const std::regex numbers{"\\b[0-9]+\\b"};
    return {code, std::regex_replace(out, numbers, "N"), err};
  }
};

std::ostream& operator<<(std::ostream& to, const result& x) {
  return to << x.code << " out: " << x.out << " err: " << x.err;
}

const std::string content = "a blob that is easy to find in a file";

/// A data directory with a store of one blob, and a machine on it now and then.
struct desk {
  test::temporary_directory dir;
  std::unique_ptr<deploy::running_machine> machine;

  desk() {
    std::ofstream empty{dir / "config.toml"};
    auto engine = store::open_lmdb(data() + "/store");
    REQUIRE(engine);
    REQUIRE((*engine)->put_blob(as_bytes(content)));
  }

  std::string data() const {
    return dir / "data";
  }

  void up() {
    config::sources from;
    from.file = dir / "config.toml";
    from.flags = {
      {"data.dir", data()}, {"gateway.port", "0"}, {"log.file", dir / "log"}};
    auto settings = config::config::load(from);
    REQUIRE(settings);
    auto started = deploy::running_machine::start(*settings);
    if (!started)
      FAIL(render(started.error()));
    machine = std::move(*started);
  }

  result run(std::vector<std::string> words) const {
    words.insert(words.begin(), "themachine");
    words.insert(words.end(),
                 {"--data-dir", data(), "--config", dir / "config.toml"});
    std::ostringstream out;
    std::ostringstream err;
    auto no_machine = [](const config::config&, cli::lifetime)
      -> caf::expected<std::unique_ptr<cli::running_machine>> {
      return make_error(ec::internal, "this starts no machine");
    };
    auto code = cli::run_cli(words, no_machine, {out, err});
    return {code, out.str(), err.str()};
  }

  /// Changes a byte of every copy of the blob behind the store's back.
  void damage() const {
    auto path = data() + "/store/data.mdb";
    std::ifstream in{path, std::ios::binary};
    std::string file{std::istreambuf_iterator<char>{in}, {}};
    size_t hits = 0;
    for (auto at = file.find(content); at != file.npos;
         at = file.find(content, at + 1), ++hits)
      file[at + 3] ^= 0x20;
    REQUIRE(hits > 0);
    std::ofstream{path, std::ios::binary} << file;
  }
};

} // namespace

TEST_CASE("verify says the same with a machine and without one") {
  desk x;
  auto words = GENERATE(std::vector<std::string>{"store", "verify"},
                        std::vector<std::string>{"store", "verify", "--json"});
  auto damaged = GENERATE(false, true);
  // The first start makes a tenant with its administrator.
  x.up();
  x.machine = nullptr;
  if (damaged)
    x.damage();
  auto down = x.run(words);
  CHECK(down.code == (damaged ? 1 : 0));
  CHECK(
    (down.err.find(store::hash_blob(as_bytes(content))) != std::string::npos)
    == damaged);
  x.up();
  CHECK(x.run(words).without_counts() == down.without_counts());
  x.machine = nullptr;
  CHECK(x.run(words).without_counts() == down.without_counts());
}

TEST_CASE("a collection is the same with a machine and without one") {
  desk x;
  auto up = GENERATE(false, true);
  if (up)
    x.up();
  // Nothing names the content, but its time has not come.
  auto kept = x.run({"store", "collect"});
  CHECK(kept.code == 0);
  CHECK(kept.out == "deleted 0 of 1 blobs, 0 bytes\n");
  CHECK(kept.err.find("1 more are referred to by nobody") != std::string::npos);
  CHECK(x.run({"store", "collect"}).out == kept.out);
  auto gone = x.run({"store", "collect", "--grace", "0s", "--json"});
  CHECK(gone.out.find(R"("deleted":"1")") != std::string::npos);
  CHECK(x.run({"store", "collect"}).out == "deleted 0 of 0 blobs, 0 bytes\n");
  x.machine = nullptr;
  CHECK(x.run({"store", "verify"}).out.find(" 0 blobs") != std::string::npos);
}

TEST_CASE("a backup is the same with a machine and without one") {
  desk x;
  for (auto up : {true, false}) {
    if (up)
      x.up();
    auto to = x.dir / (up ? "while up" : "while down");
    auto got = x.run({"store", "backup", to});
    CHECK(got.code == 0);
    CHECK(got.out.empty());
    CHECK(got.err == "themachine: the store is copied to " + to + "\n");
    {
      auto copy = store::open_lmdb(to);
      REQUIRE(copy);
      CHECK((*copy)->verify()->corruptions.empty());
      auto blob = (*copy)->get_blob(store::hash_blob(as_bytes(content)));
      REQUIRE(blob);
      CHECK(as_text(*blob) == content);
    }
    x.machine = nullptr;
  }
}

TEST_CASE("a backup that cannot be made is refused in the same words") {
  desk x;
  std::ofstream{x.dir / "precious"} << "content";
  auto taken = x.run({"store", "backup", x.dir.path()});
  auto nowhere = x.run({"store", "backup", "/proc/no/such/place"});
  CHECK(taken.code == 5);
  CHECK(taken.err.find("is not empty") != std::string::npos);
  CHECK(nowhere.code == 1);
  x.up();
  CHECK(x.run({"store", "backup", x.dir.path()}) == taken);
  CHECK(x.run({"store", "backup", "/proc/no/such/place"}) == nowhere);
}

TEST_CASE("a backup goes where the caller is, not where the machine is") {
  desk x;
  x.up();
  auto relative = fs::relative(x.dir / "copy").string();
  REQUIRE(fs::path{relative}.is_relative());
  auto got = x.run({"store", "backup", relative});
  CHECK(got.err == "themachine: the store is copied to " + relative + "\n");
  CHECK(fs::exists(x.dir / "copy/data.mdb"));
}

TEST_CASE("a machine that is gone leaves its store to be looked at") {
  desk x;
  // As after a kill: the file says that a machine is up.
  std::ofstream{fs::path{x.data()} / "endpoint.json"}
    << R"({"url":"http://127.0.0.1:1","token":"x","pid":1,"version":"0"})";
  CHECK(x.run({"store", "verify"}).code == 0);
}

TEST_CASE("a store that somebody else has says who") {
  desk x;
  auto engine = store::open_lmdb(x.data() + "/store");
  REQUIRE(engine);
  auto got = x.run({"store", "verify"});
  CHECK(got.code == 5);
  CHECK(got.err.find("in use by process") != std::string::npos);
}
