#include "deploy/cli/grammar.hpp"

#include "runtime/config/config.hpp"

#include <algorithm>

namespace machine::cli {

namespace {

const std::vector<std::string> roles{"viewer", "developer", "operator",
                                     "admin"};

CLI::Option* role_option(CLI::App* app, std::optional<std::string>& to,
                         const char* about) {
  return app->add_option("--role", to, about)
    ->type_name("ROLE")
    ->check(CLI::IsMember(roles));
}

duration read_length(const std::string& option, const std::string& text) {
  auto result = config::parse_duration(text);
  if (!result)
    refuse(option + ": \"" + text
           + "\" is no length of time; write one such as 12h or 30d");
  return *result;
}

} // namespace

void grammar::add_tenant() {
  auto& tenant = block("tenant", "Who shares the machine, each for themselves");
  {
    auto [app, x] = leaf<tenant_create>(tenant, "create", "Make a tenant");
    need_id(app, x->id, "tenant");
    app->add_option("--name", x->name, "For people; default: the id");
  }
  {
    auto [app, x] = leaf<tenant_list>(tenant, "list", "List tenants");
    add_limit(app, x);
  }
  {
    auto [app, x] = leaf<tenant_show>(tenant, "show", "Show a tenant");
    app->add_option("id", x->id, "Default: the one that you are in")
      ->type_name("ID")
      ->check(is_id);
  }
  {
    auto [app, x] = leaf<tenant_suspend>(
      tenant, "suspend", "Let nobody of it in any more; its runs go on");
    need_id(app, x->id, "tenant");
  }
  {
    auto [app, x] =
      leaf<tenant_resume>(tenant, "resume", "Let its people in again");
    need_id(app, x->id, "tenant");
  }
}

void grammar::add_principal_create(CLI::App& principal) {
  auto [app, x] =
    leaf<principal_create>(principal, "create",
                           "Let somebody in: give them a role, then a key or a "
                           "password");
  need_id(app, x->id, "principal: a name of yours for them");
  app->add_option("--name", x->name, "For people; default: the id");
  app->add_flag("--service", x->service,
                "It is a program: it has keys and no password");
  role_option(app, x->role,
              "In the whole tenant: viewer, developer, operator or admin");
  app
    ->add_option("--project-role", project_roles_,
                 "In one project: PROJECT=ROLE")
    ->type_name("P=ROLE")
    ->allow_extra_args(false);
  finishers_.push_back([this, app = app, x = x] {
    if (!app->parsed())
      return;
    for (auto& text : project_roles_) {
      auto [project, role] = must(cut_pair("--project-role", text));
      if (std::find(roles.begin(), roles.end(), role) == roles.end())
        refuse("--project-role: " + role
               + " is no role; take viewer, developer, operator or admin");
      x->projects.insert_or_assign(project, role);
    }
  });
}

void grammar::add_principal() {
  auto& principal = block("principal", "People and programs, and their roles");
  add_principal_create(principal);
  {
    auto [app, x] =
      leaf<principal_list>(principal, "list", "List those of the tenant");
    add_limit(app, x);
  }
  auto about_one = [&]<class T>(const char* name, const char* about, T) {
    auto [app, x] = leaf<T>(principal, name, about);
    need_id(app, x->id, "principal");
    return std::pair{app, x};
  };
  about_one("show", "Show one", principal_show{});
  {
    auto [app, x] =
      about_one("role", "Give a role, or take it away", principal_role{});
    app
      ->add_option("role", x->role,
                   "viewer, developer, operator, admin or none")
      ->required()
      ->type_name("ROLE")
      ->check(
        CLI::IsMember({"viewer", "developer", "operator", "admin", "none"}));
    app
      ->add_option("--project", x->project,
                   "In this project; default: in the whole tenant")
      ->type_name("ID")
      ->check(is_id);
  }
  about_one("disable", "Let one in no more, and revoke all keys",
            principal_disable{});
  about_one("enable", "Let one in again; old keys stay revoked",
            principal_enable{});
  about_one("remove", "Remove one with all keys", principal_remove{});
  auto [app, x] = leaf<principal_password>(
    principal, "password",
    "Set a password, which is asked for, or read from standard input");
  app
    ->add_option("id", x->id,
                 "Whose; default: your own, and the old one is asked for")
    ->type_name("ID")
    ->check(is_id);
}

void grammar::add_key() {
  auto& key = block("key", "What lets people and programs in");
  {
    auto [app, x] = leaf<key_create>(
      key, "create", "Make a key; its secret is printed this once");
    app->add_option("--principal", x->principal, "Whose; default: your own")
      ->type_name("ID")
      ->check(is_id);
    app->add_option("--name", x->name, "For people: where it is used");
    role_option(app, x->role, "It may do at most what this role may");
    app->add_option("--project", x->project, "It opens this project alone")
      ->type_name("ID")
      ->check(is_id);
    app
      ->add_option("--expires", life_,
                   "How long it lives; default: until it is revoked")
      ->type_name("TIME");
    finishers_.push_back([this, app = app, x = x] {
      if (app->parsed() && life_)
        x->life = read_length("--expires", *life_);
    });
  }
  {
    auto [app, x] = leaf<key_list>(
      key, "list", "List keys and sessions: yours, or all for an admin");
    add_limit(app, x);
  }
  {
    auto [app, x] = leaf<key_rotate>(
      key, "rotate",
      "Make a key in the place of another; its secret is printed this once");
    need_id(app, x->id, "key");
    app
      ->add_option("--grace", grace_,
                   "How long the old one goes on, up to 7d; default: not at "
                   "all")
      ->type_name("TIME");
    finishers_.push_back([this, app = app, x = x] {
      if (app->parsed() && grace_)
        x->grace = read_length("--grace", *grace_);
    });
  }
  {
    auto [app, x] =
      leaf<key_revoke>(key, "revoke", "Have a key open nothing from now on");
    need_id(app, x->id, "key");
  }
}

} // namespace machine::cli
