#include "deploy/cli/grammar.hpp"

namespace machine::cli {

void grammar::add_audit() {
  auto& audit = block("audit", "Who did what that matters, and was refused");
  {
    auto [app, x] = leaf<audit_list>(audit, "list", "List the newest records");
    app->add_option("--who", x->who, "Only of this principal or key")
      ->type_name("ID");
    app
      ->add_option("--what", x->what,
                   "Only actions that have this in them, such as keys")
      ->type_name("TEXT");
    add_moments(app, x);
    add_limit(app, x);
  }
  {
    auto [app, x] = leaf<audit_export>(
      audit, "export",
      "Write all records, oldest first, one JSON object a line");
    add_moments(app, x);
  }
  {
    auto [app, x] = leaf<audit_verify>(
      audit, "verify",
      "Say whether the log is as it was written, and name the first record "
      "that is not");
    app
      ->add_option("--known", x->known,
                   "The head that an earlier verification has shown, kept "
                   "elsewhere")
      ->type_name("HEAD");
  }
}

} // namespace machine::cli
