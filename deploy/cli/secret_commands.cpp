#include "deploy/cli/secret_commands.hpp"

#include "deploy/cli/pages.hpp"
#include "deploy/cli/secret_input.hpp"
#include "deploy/cli/told.hpp"
#include "runtime/security/secret.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/wire.hpp"

#include <unistd.h>

namespace machine::cli {

namespace {

/// What the machine takes.
constexpr size_t max_secret_value = 64u << 10;

std::string secret_path(const std::string& name) {
  return "/api/v1/secrets/" + escape(name);
}

/// A line that is asked for at a terminal; from anywhere else all there is.
caf::expected<secret_input> read_value(const std::string& name) {
  auto what = "the secret " + name;
  if (::isatty(STDIN_FILENO) == 1)
    return read_new_secret(STDIN_FILENO, what);
  return read_whole_secret(STDIN_FILENO, what, max_secret_value);
}

std::vector<line> say_nothing(const record&) {
  return {};
}

} // namespace

exit_code perform(const session& in, const secret_set& what) {
  return with_machine(in, [&](const api_client& api) -> caf::error {
    auto value = read_value(what.name);
    if (!value)
      return std::move(value.error());
    if (!wire::is_utf8((*value)->text))
      return make_error(ec::invalid_argument,
                        "the secret " + what.name
                          + " is no text in UTF-8; encode it, with base64 for "
                            "example");
    auto body = "{\"value\":" + wire::to_json((*value)->text) + "}";
    auto answer = api.put(secret_path(what.name), body);
    security::wipe(body);
    std::string version;
    auto problem =
      told(in, std::move(answer), "secret " + what.name, [&](const record& x) {
        version = x.text("version");
        return std::vector<line>{};
      });
    if (!problem && !version.empty())
      in.say("the secret " + what.name + " is set; this is version " + version);
    return problem;
  });
}

exit_code perform(const session& in, const secret_list& what) {
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api, "/api/v1/secrets", what.limit,
      table{{{"secret"},
             {"version", column::right},
             {"fingerprint"},
             {"made"},
             {"changed"},
             {"by"}}},
      [](const record& x) -> std::vector<std::string> {
        return {x.text("name"),        x.text("version"),
                x.text("fingerprint"), x.time("created_at"),
                x.time("updated_at"),  x.text("updated_by")};
      },
      "there are no secrets; set one: themachine secret set NAME");
  });
}

exit_code perform(const session& in, const secret_remove& what) {
  return with_machine(in, [&](const api_client& api) {
    return told(in, api.remove(secret_path(what.name)), "secret " + what.name,
                say_nothing);
  });
}

exit_code perform(const session& in, const secret_rotate&) {
  return with_machine(in, [&](const api_client& api) {
    return told(in, api.post("/api/v1/vault/rotate", "{}"), "the master key",
                [](const record& x) {
                  auto result =
                    show_pairs({{"master key", x.text("key")},
                                {"secrets moved", x.text("secrets")}});
                  if (x.number("forgotten") == 0)
                    result.push_back({{"the old key is kept until the next "
                                       "start: something was being set"}});
                  return result;
                });
  });
}

} // namespace machine::cli
