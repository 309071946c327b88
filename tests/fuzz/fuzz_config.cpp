// A file of settings: it is taken, or every problem has its place. What flags
// say of one setting is taken or refused in the same way.

#include "runtime/config/config.hpp"
#include "runtime/toml.hpp"
#include "runtime/wire/json.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <sys/mman.h>
#include <unistd.h>

using namespace machine;
using fuzz::require;

namespace {

/// A file in memory; it goes with the program.
std::string write_file(std::string_view text) {
  static const int fd = ::memfd_create("config.toml", 0);
  require(fd >= 0 && ::ftruncate(fd, 0) == 0);
  require(::pwrite(fd, text.data(), text.size(), 0)
          == static_cast<ssize_t>(text.size()));
  return "/proc/self/fd/" + std::to_string(fd);
}

void read_everything(toml_table from, int depth) {
  for (auto& key : from.keys()) {
    require(from.has(key) && from.line(key) >= 0);
    require(wire::is_json(from.json(key)));
    from.plain(key);
    from.integer(key, 1, 0, 10);
    from.real(key, 1, 0, 10);
    from.flag(key, false);
    from.text(key, "");
    from.texts(key);
    if (depth < 8)
      read_everything(from.table(key), depth + 1);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::input from{data, size};
  auto text = from.text();
  if (auto file = toml_file::parse(text, "config.toml")) {
    read_everything(file->root(), 0);
    file->root().finish();
    file->problems();
  } else {
    require(message_of(file.error()).starts_with("config.toml"));
  }
  config::sources all;
  all.file = write_file(text);
  if (auto read = config::config::load(all))
    require(wire::is_json(read->to_json()));
  else
    require(!message_of(read.error()).empty());
  // As a flag: `gateway.port=1`.
  config::sources flags;
  flags.file = "/dev/null";
  auto words = from.parts('=', 2);
  flags.flags[std::string{words.front()}] = words.back();
  if (auto read = config::config::load(flags))
    for (auto& [name, setting] : read->all())
      require(!setting.origin.empty());
  if (auto bytes = config::parse_size(text))
    require(!text.empty());
  if (auto time = config::parse_duration(text))
    require(*time >= duration{0});
  return 0;
}
