#include "actors/orchestrator/registry/registered_workflow.hpp"

#include "runtime/entity/draft.hpp"
#include "runtime/store/store.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

std::string digest_of(const std::string& text) {
  return store::hash_blob(as_bytes(text));
}

caf::error publish(entity::draft<registered_workflow>& to,
                   const publish_workflow& x) {
  auto& now = to.now();
  if (auto err = check_workflow_name(x.name))
    return err;
  if (to.ctx().key.id != workflow_id(x.project, x.name))
    return make_error(ec::invalid_argument, "workflow " + to.ctx().key.id
                                              + " is not that of its name");
  if (x.note.size() > max_version_note)
    return make_error(ec::invalid_argument, "the note to a version has at most "
                                              + std::to_string(max_version_note)
                                              + " bytes, not "
                                              + std::to_string(x.note.size()));
  if (now.listed && digest_of(x.text) == now.newest_text)
    return caf::none;
  if (now.versions.size() >= max_workflow_versions)
    return make_error(ec::limit_exceeded,
                      "workflow " + x.name + " has "
                        + std::to_string(max_workflow_versions)
                        + " versions; go on under another name");
  to.emit(workflow_published{x.project, x.name, x.text, x.hash, x.note, x.by});
  return caf::none;
}

caf::error withdraw(entity::draft<registered_workflow>& to,
                    const withdraw_workflow& x) {
  if (!to.now().listed)
    return make_error(ec::not_found,
                      "there is no workflow " + wire::excerpt(to.ctx().key.id));
  to.emit(workflow_withdrawn{x.by});
  return caf::none;
}

} // namespace

caf::error registered_workflow::decide(entity::draft<registered_workflow>& to,
                                       const command& what) {
  if (auto* x = std::get_if<publish_workflow>(&what))
    return publish(to, *x);
  return withdraw(to, std::get<withdraw_workflow>(what));
}

void registered_workflow::apply(state& draft, const event& what, timestamp at) {
  ++draft.events;
  if (auto* x = std::get_if<workflow_published>(&what)) {
    draft.project = x->project;
    draft.name = x->name;
    draft.listed = true;
    draft.newest_text = digest_of(x->text);
    draft.versions.push_back(
      {draft.events, x->hash, x->text.size(), x->note, x->by, at});
  } else {
    draft.listed = false;
  }
}

store::summary_row registered_workflow::summarise(const state& now,
                                                  const entity::key&) {
  store::summary_row row;
  row.fields["project"] = now.project;
  row.fields["listed"] = now.listed ? "true" : "false";
  workflow_summary body{now.name, now.project, now.versions.size(), {}};
  if (!now.versions.empty())
    body.newest = now.versions.back();
  row.body = wire::to_msgpack(body);
  return row;
}

std::string workflow_id(const std::string& project, const std::string& name) {
  return project + "." + name;
}

caf::error check_workflow_name(const std::string& name) {
  auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  auto is_fine = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (!name.empty() && name.size() <= max_workflow_name
      && is_letter(name.front())
      && std::all_of(name.begin(), name.end(), is_fine))
    return caf::none;
  return make_error(ec::invalid_argument,
                    "workflow " + wire::excerpt(name)
                      + ": a name is 1 to 64 of a-z 0-9 _ -, first a letter");
}

std::optional<workflow_published> version_in(bytes_view payload) {
  auto event = wire::from_msgpack<entity::recorded<registry_event>>(payload);
  if (!event)
    return std::nullopt;
  if (auto* x = std::get_if<workflow_published>(&event->event))
    return std::move(*x);
  return std::nullopt;
}

} // namespace machine::orchestrator
