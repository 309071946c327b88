#include "actors/orchestrator/workflow/load.hpp"
#include "deploy/cli/commands.hpp"
#include "deploy/cli/pages.hpp"
#include "deploy/cli/told.hpp"
#include "runtime/wire/wire.hpp"

#include <fstream>

namespace machine::cli {

namespace {

std::string workflows_of(const std::string& project,
                         const std::string& more = {}) {
  return "/api/v1/projects/" + escape(project) + "/workflows" + more;
}

/// The file at *path*, which is not read on after what a workflow may have.
caf::expected<std::string> read_text(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::string result(orchestrator::max_workflow_bytes + 1, '\0');
  if (in)
    in.read(result.data(), static_cast<std::streamsize>(result.size()));
  if (in.bad() || (!in && in.gcount() == 0))
    return make_error(ec::not_found, "cannot read " + path);
  result.resize(static_cast<size_t>(in.gcount()));
  if (result.size() > orchestrator::max_workflow_bytes)
    return make_error(ec::limit_exceeded,
                      path + " has more than "
                        + std::to_string(orchestrator::max_workflow_bytes)
                        + " bytes");
  return result;
}

table versions_table() {
  return table{{{"version", column::right},
                {"hash"},
                {"bytes", column::right},
                {"by"},
                {"at"},
                {"note"}}};
}

std::vector<std::string> version_row(const record& x) {
  return {x.text("number"), x.text("hash").substr(0, 12),
          x.text("size"),   x.text("by"),
          x.time("at"),     x.text("note")};
}

} // namespace

exit_code perform(const session& in, const workflow_publish& what) {
  auto text = read_text(what.file);
  if (!text)
    return in.complain(text.error());
  auto body = R"({"text":)" + wire::to_json(*text);
  if (what.note)
    body += R"(,"note":)" + wire::to_json(*what.note);
  return with_machine(in, [&](const api_client& api) {
    return told(in, api.post(workflows_of(what.project), body + "}"),
                "the new version", [&](const record& x) {
                  return std::vector<line>{
                    {{x.text("name") + " of project " + x.text("project")
                      + ", version " + x.text("number")}}};
                });
  });
}

exit_code perform(const session& in, const workflow_list& what) {
  return with_machine(in, [&](const api_client& api) {
    return show_list(
      in, api, workflows_of(what.project), what.limit,
      table{{{"workflow"},
             {"versions", column::right},
             {"newest", column::right},
             {"by"},
             {"at"},
             {"note"}}},
      [](const record& x) -> std::vector<std::string> {
        auto newest = x.part("newest");
        return {x.text("name"),    x.text("versions"), newest.text("number"),
                newest.text("by"), newest.time("at"),  newest.text("note")};
      },
      "project " + what.project
        + " has no workflows; give it one: themachine workflow publish FILE");
  });
}

exit_code perform(const session& in, const workflow_versions& what) {
  return with_machine(in, [&](const api_client& api) {
    return told(in,
                api.get(workflows_of(what.project, "/" + escape(what.name))),
                "workflow " + what.name, [&](const record& x) {
                  auto rows = versions_table();
                  for (auto& one : x.list("versions"))
                    rows.add(version_row(one));
                  return rows.lines(in.width);
                });
  });
}

exit_code perform(const session& in, const workflow_text& what) {
  auto version = what.version ? std::to_string(*what.version) : "newest";
  auto path = workflows_of(what.project,
                           "/" + escape(what.name) + "/versions/" + version);
  return with_machine(in, [&](const api_client& api) -> caf::error {
    auto sent = api.get(path);
    if (!sent)
      return std::move(sent.error());
    auto read = record::parse(*sent, "workflow " + what.name);
    if (!read)
      return std::move(read.error());
    in.print_json(in.global.json ? *sent : read->text("text"));
    return {};
  });
}

exit_code perform(const session& in, const workflow_withdraw& what) {
  return with_machine(in, [&](const api_client& api) -> caf::error {
    auto sent = api.remove(workflows_of(what.project, "/" + escape(what.name)));
    if (!sent)
      return std::move(sent.error());
    if (in.global.json)
      in.print_json(*sent);
    else
      in.say("workflow " + what.name + " of project " + what.project
             + " is withdrawn; its versions can be read and run still");
    return {};
  });
}

} // namespace machine::cli
