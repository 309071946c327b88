#include "deploy/cli/grammar.hpp"

namespace machine::cli {

void grammar::add_secret() {
  auto& secret =
    block("secret", "What the machine needs to know and nobody is to read");
  auto about_one = [&]<class T>(const char* name, const char* about, T) {
    auto [app, x] = leaf<T>(secret, name, about);
    app->add_option("name", x->name, "Which secret")
      ->required()
      ->type_name("NAME")
      ->check(is_id);
  };
  about_one("set",
            "Set a secret, which is asked for, or read from standard input",
            secret_set{});
  {
    auto [app, x] = leaf<secret_list>(
      secret, "list", "List secrets; nothing shows their values");
    add_limit(app, x);
  }
  about_one("rm", "Remove a secret with all that is kept of it",
            secret_remove{});
  leaf<secret_rotate>(
    secret, "rotate",
    "Make a new master key, and have every secret under it alone");
}

} // namespace machine::cli
