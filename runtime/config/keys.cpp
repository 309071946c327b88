#include "runtime/config/keys.hpp"

#include <cctype>

namespace machine::config {

const std::vector<key>& machine_keys() {
  using enum value_kind;
  constexpr int64_t gib = int64_t{1} << 30;
  static const std::vector<key> all{
    {"data.dir", text, "~/.local/share/themachine", "",
     "Where the store and the worktrees are kept"},
    {"entity.idle_timeout", duration, "60s", "",
     "How long an entity without work stays in memory", 100, 86'400'000},
    {"gateway.address", text, "127.0.0.1", "",
     "The address that the gateway listens on"},
    {"gateway.port", integer, "7700", "",
     "The port that the gateway listens on; 0 picks a free one", 0, 65'535},
    {"log.file", text, "", "", "Where the log goes; empty: standard error"},
    {"log.format",
     text,
     "text",
     "",
     "How the log is written",
     0,
     INT64_MAX,
     {"text", "json"}},
    {"log.level",
     text,
     "warn",
     "",
     "What is logged",
     0,
     INT64_MAX,
     {"trace", "debug", "info", "warn", "error", "off"}},
    {"models.anthropic_key",
     text,
     "",
     "",
     "The key of the Anthropic API",
     0,
     INT64_MAX,
     {},
     visibility::secret,
     "ANTHROPIC_API_KEY"},
    {"models.anthropic_url",
     text,
     "",
     "",
     "Instead of the catalogue's address of Anthropic",
     0,
     INT64_MAX,
     {},
     visibility::open,
     "ANTHROPIC_BASE_URL"},
    {"models.catalogue", text, "", "",
     "A file with providers and models of your own (TOML)"},
    {"models.idle_timeout", duration, "60s", "",
     "How long a provider may be silent", 10, 3'600'000},
    {"models.openai_key",
     text,
     "",
     "",
     "The key of the OpenAI API",
     0,
     INT64_MAX,
     {},
     visibility::secret,
     "OPENAI_API_KEY"},
    {"models.openai_url",
     text,
     "",
     "",
     "Instead of the catalogue's address of OpenAI",
     0,
     INT64_MAX,
     {},
     visibility::open,
     "OPENAI_BASE_URL"},
    {"models.scripted", text, "", "",
     "A file with the answers of scripted providers (YAML)"},
    {"models.total_timeout", duration, "10m", "",
     "How long a provider may take for one answer", 10, 86'400'000},
    {"net.allow_private", boolean, "false", "",
     "Whether every provider may live on private addresses, those of metadata "
     "services included; this machine and local providers always may"},
    {"net.proxy",
     text,
     "",
     "",
     "http://host:port; empty: the usual variables of the environment",
     0,
     INT64_MAX,
     {},
     visibility::address},
    {"run.budget", money, "1.00", "US dollars",
     "What a run may spend that does not say", 0, 1'000'000'000'000},
    {"run.max_parallel_attempts", integer, "4", "",
     "Attempts that run at one time", 1, 1'000},
    {"run.snapshot_every", integer, "200", "events",
     "How often the state of an entity is stored", 1, 1'000'000},
    {"sandbox.memory_limit", size, "2GiB", "bytes",
     "What all processes of a command may use together", 1 << 20, 1'024 * gib},
    {"sandbox.output_limit", size, "1MiB", "bytes",
     "What is kept of a command's output", 1'024, gib},
    {"sandbox.process_limit", integer, "256", "",
     "Processes and threads of a command", 1, 100'000},
    {"sandbox.time_limit", duration, "10m", "", "How long a command may take",
     10, 7 * 86'400'000},
    {"store.map_initial", size, "64MiB", "bytes",
     "The store's size at first; it grows by itself", 1 << 20, 1'024 * gib},
    {"store.map_limit", size, "64GiB", "bytes", "What the store may grow to",
     1 << 20, 16'384 * gib},
  };
  return all;
}

std::string variable_of(std::string_view name) {
  std::string result = "THEMACHINE_";
  for (auto c : name)
    result += c == '.'
              ? '_'
              : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

} // namespace machine::config
