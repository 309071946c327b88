#include "tests/sim/search.hpp"

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace {

using namespace machine::sim;

constexpr const char* usage =
  "Usage: sim --seed N [--trace] [--shrink]\n"
  "       sim [--from S] [--seeds N] [--jobs J]\n"
  "       sim --find [--seeds N] [--name TEXT]\n"
  "\n"
  "Plays runs, their workers and their project in a simulated world, and says\n"
  "which rule does not hold.\n"
  "\n"
  "  --seed N     plays one case; exit status 1 if a rule is broken\n"
  "  --trace      prints everything that happens in it\n"
  "  --shrink     leaves out of it what it can before that\n"
  "  --seeds N    plays so many cases (default: 1,000)\n"
  "  --from S     begins with this seed (default: 1)\n"
  "  --jobs J     processes that play at one time (default: 2)\n"
  "  --find       expects that a rule is broken, and says after how many\n"
  "               cases; exit status 1 if none is\n"
  "  --name TEXT  what it says there\n";

struct arguments {
  search_options how;
  uint64_t seed = 0;
  bool one = false;
  bool find = false;
  bool trace = false;
  bool shrink = false;
  std::string name = "?";
};

bool read_number(const char* text, uint64_t& to) {
  std::string_view all{text};
  auto [end, err] = std::from_chars(all.data(), all.data() + all.size(), to);
  return err == std::errc{} && end == all.data() + all.size();
}

bool read(int argc, char** argv, arguments& to) {
  for (int i = 1; i < argc; ++i) {
    std::string_view x{argv[i]};
    auto* value = i + 1 < argc ? argv[i + 1] : "";
    auto number = [&](uint64_t& where) {
      ++i;
      return read_number(value, where);
    };
    if (x == "--trace") {
      to.trace = true;
    } else if (x == "--shrink") {
      to.shrink = true;
    } else if (x == "--find") {
      to.find = true;
    } else if (x == "--name") {
      to.name = value;
      ++i;
    } else if (x == "--seed") {
      to.one = true;
      if (!number(to.seed))
        return false;
    } else if (x == "--seeds") {
      if (!number(to.how.seeds))
        return false;
    } else if (x == "--from") {
      if (!number(to.how.from))
        return false;
    } else if (x == "--jobs") {
      if (!number(to.how.jobs))
        return false;
    } else {
      return false;
    }
  }
  return true;
}

} // namespace

int main(int argc, char** argv) {
  arguments what;
  if (!read(argc, argv, what)) {
    std::fputs(usage, stderr);
    return 2;
  }
  if (what.one)
    return play_one(what.seed, what.trace, what.shrink) ? 0 : 1;
  auto result = search(what.how);
  if (what.find) {
    if (!result.broken) {
      std::printf("| %-31s | not found in %llu cases\n", what.name.c_str(),
                  static_cast<unsigned long long>(result.played));
      return 1;
    }
    std::printf("| %-31s | %-55s | %5llu |\n", what.name.c_str(),
                result.broken->rule.c_str(),
                static_cast<unsigned long long>(result.seed));
    return 0;
  }
  std::fputs(report(result).c_str(), stdout);
  return result.broken ? 1 : 0;
}
