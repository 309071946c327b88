#include "deploy/cli/access_commands.hpp"

#include "deploy/cli/pages.hpp"
#include "deploy/cli/secret_input.hpp"
#include "deploy/cli/told.hpp"
#include "runtime/clock.hpp"
#include "runtime/security/secret.hpp"
#include "runtime/wire/wire.hpp"

#include <unistd.h>

namespace machine::cli {

namespace {

/// The body of a request; what has no value is left out.
class request_body {
public:
  request_body& add(const char* name, const std::optional<std::string>& text) {
    return text ? add_json(name, wire::to_json(*text)) : *this;
  }

  request_body& add_json(const char* name, const std::string& value) {
    members_ +=
      (members_.empty() ? "\"" : ",\"") + std::string{name} + "\":" + value;
    return *this;
  }

  std::string json() const {
    return "{" + members_ + "}";
  }

private:
  std::string members_;
};

std::string tenants_path(const std::string& id, const std::string& more = {}) {
  return "/api/v1/tenants/" + escape(id) + more;
}

std::string principals_path(const std::string& id,
                            const std::string& more = {}) {
  return "/api/v1/principals/" + escape(id) + more;
}

/// `board: developer, shop: viewer`
std::string project_roles_of(const record& x) {
  std::string result;
  auto parsed = wire::parse_json(x.part("projects").json(), {});
  if (!parsed)
    return result;
  for (auto* i = parsed->first(parsed->root()); i != nullptr;
       i = parsed->next(*i))
    result += (result.empty() ? "" : ", ") + std::string{i->key} + ": "
            + std::string{i->text};
  return result;
}

std::vector<line> describe_tenant(const record& x) {
  auto limits = x.part("limits");
  return show_pairs({{"tenant", x.text("id")},
                     {"name", x.text("name")},
                     {"status", x.text("status")},
                     {"principals", x.text("principals")},
                     {"issuers", x.text("issuers")},
                     {"requests a second", limits.text("requests_per_second")},
                     {"made", x.time("created_at")}});
}

std::vector<line> describe_principal(const record& x) {
  return show_pairs({{"principal", x.text("id")},
                     {"name", x.text("name")},
                     {"kind", x.text("kind")},
                     {"role", x.text("role")},
                     {"in projects", project_roles_of(x)},
                     {"disabled", x.truth("disabled") ? "yes" : ""},
                     {"password", x.truth("has_password") ? "yes" : ""},
                     {"made", x.time("created_at")},
                     {"by", x.text("created_by")}});
}

/// Says the id alone, which scripts go on with.
std::vector<line> describe_id(const record& x) {
  return {{{x.text("id")}}};
}

std::vector<line> describe_nothing(const record&) {
  return {};
}

/// The secret of a new key on the standard output, and nothing else there.
caf::error tell_secret(const session& in, caf::expected<std::string> made) {
  if (!made)
    return std::move(made.error());
  if (in.global.json) {
    in.print_json(*made);
    return {};
  }
  auto read = record::parse(std::move(*made), "the new key");
  if (!read)
    return std::move(read.error());
  in.print({{{read->text("secret")}}});
  in.say("this is key " + read->text("id") + " of " + read->text("principal")
         + "; it is shown this once");
  return {};
}

caf::error change_tenant(const session& in, const api_client& api,
                         const std::string& id, const char* how) {
  return told(in, api.post(tenants_path(id, how), "{}"), "tenant " + id,
              describe_nothing);
}

caf::error change_principal(const session& in, const api_client& api,
                            const std::string& id, const char* how) {
  return told(in, api.post(principals_path(id, how), "{}"), "principal " + id,
              describe_nothing);
}

} // namespace

exit_code perform(const session& in, const tenant_create& what) {
  return with_machine(in, [&](const api_client& api) {
    request_body body;
    body.add("id", what.id).add("name", what.name);
    return told(in, api.post("/api/v1/tenants", body.json()), "the new tenant",
                describe_id);
  });
}

exit_code perform(const session& in, const tenant_list& what) {
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api, "/api/v1/tenants", what.limit,
      table{{{"tenant"},
             {"status"},
             {"principals", column::right},
             {"made"},
             {"name"}}},
      [](const record& x) -> std::vector<std::string> {
        return {x.text("id"), x.text("status"), x.text("principals"),
                x.time("created_at"), x.text("name")};
      },
      "there are no tenants; make one: themachine tenant create NAME");
  });
}

exit_code perform(const session& in, const tenant_show& what) {
  return with_machine(in, [&](const api_client& api) {
    return told(in,
                api.get(what.id ? tenants_path(*what.id) : "/api/v1/tenant"),
                "the tenant", describe_tenant);
  });
}

exit_code perform(const session& in, const tenant_suspend& what) {
  return with_machine(in, [&](const api_client& api) {
    return change_tenant(in, api, what.id, "/suspend");
  });
}

exit_code perform(const session& in, const tenant_resume& what) {
  return with_machine(in, [&](const api_client& api) {
    return change_tenant(in, api, what.id, "/resume");
  });
}

exit_code perform(const session& in, const principal_create& what) {
  return with_machine(in, [&](const api_client& api) {
    request_body body;
    body.add("id", what.id).add("name", what.name).add("role", what.role);
    if (what.service)
      body.add("kind", "service");
    if (!what.projects.empty())
      body.add_json("projects", wire::to_json(what.projects));
    return told(in, api.post("/api/v1/principals", body.json()),
                "the new principal", describe_id);
  });
}

exit_code perform(const session& in, const principal_list& what) {
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api, "/api/v1/principals", what.limit,
      table{{{"principal"},
             {"kind"},
             {"role"},
             {"status"},
             {"in projects"},
             {"name"}}},
      [](const record& x) -> std::vector<std::string> {
        return {
          x.text("id"),        x.text("kind"),
          x.text("role"),      x.truth("disabled") ? "disabled" : "enabled",
          project_roles_of(x), x.text("name")};
      },
      "there is nobody but who runs the machine; let somebody in: themachine "
      "principal create NAME --role developer");
  });
}

exit_code perform(const session& in, const principal_show& what) {
  return with_machine(in, [&](const api_client& api) {
    return told(in, api.get(principals_path(what.id)), "principal " + what.id,
                describe_principal);
  });
}

exit_code perform(const session& in, const principal_role& what) {
  auto value =
    what.role == "none" ? std::string{"null"} : wire::to_json(what.role);
  request_body body;
  if (what.project)
    body.add_json("projects",
                  "{" + wire::to_json(*what.project) + ":" + value + "}");
  else
    body.add_json("role", value);
  return with_machine(in, [&](const api_client& api) {
    return told(in, api.patch(principals_path(what.id), body.json()),
                "principal " + what.id, describe_principal);
  });
}

exit_code perform(const session& in, const principal_disable& what) {
  return with_machine(in, [&](const api_client& api) {
    return change_principal(in, api, what.id, "/disable");
  });
}

exit_code perform(const session& in, const principal_enable& what) {
  return with_machine(in, [&](const api_client& api) {
    return change_principal(in, api, what.id, "/enable");
  });
}

exit_code perform(const session& in, const principal_remove& what) {
  return with_machine(in, [&](const api_client& api) {
    return told(in, api.remove(principals_path(what.id)),
                "principal " + what.id, describe_nothing);
  });
}

exit_code perform(const session& in, const principal_password& what) {
  return with_machine(in, [&](const api_client& api) -> caf::error {
    request_body body;
    if (!what.id) {
      auto old = read_secret(STDIN_FILENO, "the old password");
      if (!old)
        return std::move(old.error());
      body.add("old", (*old)->text);
    }
    auto next = read_new_secret(STDIN_FILENO, "the new password");
    if (!next)
      return std::move(next.error());
    body.add(what.id ? "password" : "new", (*next)->text);
    auto path =
      what.id ? principals_path(*what.id, "/password") : "/api/v1/me/password";
    auto changed =
      told(in, api.post(path, body.json()), "the password", describe_nothing);
    if (!changed)
      in.say("the password is changed, and all sessions are over");
    return changed;
  });
}

exit_code perform(const session& in, const key_create& what) {
  return with_machine(in, [&](const api_client& api) {
    request_body body;
    body.add("principal", what.principal)
      .add("name", what.name)
      .add("role", what.role)
      .add("project", what.project);
    if (what.life)
      body.add_json("expires_at", wire::to_json(wall_clock() + *what.life));
    return tell_secret(in, api.post("/api/v1/keys", body.json()));
  });
}

exit_code perform(const session& in, const key_list& what) {
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api, "/api/v1/keys", what.limit,
      table{{{"key"},
             {"kind"},
             {"principal"},
             {"status"},
             {"at most"},
             {"project"},
             {"last used"},
             {"expires"},
             {"name"}}},
      [](const record& x) -> std::vector<std::string> {
        return {
          x.text("id"),           x.text("kind"),       x.text("principal"),
          x.text("status"),       x.text("role_cap"),   x.text("project"),
          x.time("last_used_at"), x.time("expires_at"), x.text("name")};
      },
      "there are no keys; make one: themachine key create --principal NAME");
  });
}

exit_code perform(const session& in, const key_rotate& what) {
  return with_machine(in, [&](const api_client& api) {
    request_body body;
    if (what.grace)
      body.add_json("grace", wire::to_json(*what.grace));
    return tell_secret(
      in, api.post("/api/v1/keys/" + escape(what.id) + "/rotate", body.json()));
  });
}

exit_code perform(const session& in, const key_revoke& what) {
  return with_machine(in, [&](const api_client& api) {
    return told(in, api.remove("/api/v1/keys/" + escape(what.id)),
                "key " + what.id, describe_nothing);
  });
}

} // namespace machine::cli
