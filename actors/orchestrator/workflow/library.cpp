#include "actors/orchestrator/workflow/library.hpp"

#include "actors/orchestrator/workflow/read_steps.hpp"
#include "actors/orchestrator/workflow/suggest.hpp"

namespace machine::orchestrator {

namespace {

place place_of(const library_entry& of, const step& x) {
  auto& places = of.made.where.steps;
  auto i = places.find(x.id);
  return i == places.end() ? place{} : i->second;
}

} // namespace

caf::error too_large(const std::string& path, uintmax_t size) {
  return make_error(ec::limit_exceeded, path + ": the file has "
                                          + std::to_string(size)
                                          + " bytes; a workflow has at most "
                                          + std::to_string(max_workflow_bytes));
}

library_entry* library::add(workflow_file& file) {
  entries_.push_back({&file, {}, {}});
  return &entries_.back();
}

caf::error library::read(workflow_file& file, std::string_view text,
                         const std::string& path) {
  if (text.size() > max_workflow_bytes)
    return too_large(path, text.size());
  auto root = parse_source(text, path, max_workflow_depth);
  if (!root)
    return std::move(root.error());
  map_reader in{*root, "workflow", file.found};
  if (!in.is_map())
    return file.found.to_error();
  file.main = add(file);
  auto name = in.text("name");
  if (!is_name(name))
    file.found.add(in.where("name"), in.has("name")
                                       ? "name: \"" + name.substr(0, 80)
                                           + "\" is not 1 to 64 of a-z 0-9 _ "
                                             "-, first a letter"
                                       : "name is missing; add `name: "
                                         "my-workflow`");
  read_own(file, in);
  file.main->made = read_workflow(in, file.found);
  file.main->made.what.name = std::move(name);
  in.finish();
  return file.found.empty() ? caf::error{} : file.found.to_error();
}

void library::read_own(workflow_file& file, map_reader& in) {
  auto& all = in.take("workflows");
  if (!in.has("workflows"))
    return;
  map_reader names{all, "workflows", file.found};
  if (!names.is_map())
    return;
  for (auto& item : all.members) {
    auto shown = item.key.substr(0, 80);
    if (file.own.size() == max_called_workflows)
      return names.complain(item.key, "a file has at most "
                                        + std::to_string(max_called_workflows)
                                        + " workflows");
    if (!is_name(item.key))
      names.complain(item.key, "\"" + shown
                                 + "\" is not 1 to 64 of a-z 0-9 _ -, first a "
                                   "letter");
    map_reader one{item.value, "workflow " + shown, file.found};
    if (!one.is_map())
      continue;
    one.take("name");
    if (one.has("name"))
      one.complain("name", "its key is its name already; remove name");
    one.take("workflows");
    if (one.has("workflows"))
      one.complain("workflows", "a file has one list of workflows; move these "
                                "to its others");
    auto* entry = add(file);
    entry->made = read_workflow(one, file.found);
    entry->made.what.name = item.key;
    one.finish();
    file.own.emplace(item.key, entry);
  }
}

void library::complain(const library_entry& from, const step& at,
                       const std::string& what) {
  auto& first = files_.front();
  if (from.file != &first)
    return first.found.add(from.file->led_at, from.file->led_by + what);
  first.found.add(place_of(from, at), "step " + at.id + ": call: " + what);
}

library_entry* library::open(const std::string& name, const std::string& text,
                             const std::string& whence, place led_at,
                             const std::string& led_by) {
  auto [i, added] = opened_.emplace(name, nullptr);
  if (!added)
    return i->second;
  auto path = name + ".yaml (" + whence + ")";
  auto& file = files_.emplace_back(path);
  file.led_at = led_at;
  file.led_by = led_by;
  if (auto err = read(file, text, path)) {
    files_.front().found.add(led_at, led_by + message_of(err));
    return nullptr;
  }
  return i->second = file.main;
}

library_entry* library::find(const library_entry& from, const step& at,
                             const std::string& name) {
  auto& file = *from.file;
  if (auto i = file.own.find(name); i != file.own.end())
    return i->second;
  auto open_it = [&](const std::string& text, const char* whence) {
    auto first = &file == &files_.front();
    return open(name, text, whence, first ? place_of(from, at) : file.led_at,
                first ? "step " + at.id + ": call: " : file.led_by);
  };
  if (auto i = known_.workflows.find(name); i != known_.workflows.end())
    return open_it(i->second, "built in");
  if (name == file.main->made.what.name)
    return file.main;
  if (auto text = known_.others ? known_.others(name) : std::nullopt)
    return open_it(*text, "published");
  auto known = keys_of(file.own);
  for (auto& [other, text] : known_.workflows)
    known.push_back(other);
  known.push_back(file.main->made.what.name);
  auto near = suggest(files_.front().found, name, known);
  complain(from, at,
           "there is no workflow " + name.substr(0, 80)
             + (near.empty() ? "; add it under workflows" : near));
  return nullptr;
}

void library::resolve(library_entry& from) {
  for (auto& x : from.made.what.steps)
    if (auto* call = std::get_if<call_step>(&x.action))
      if (!from.calls.contains(call->workflow))
        from.calls[call->workflow] = find(from, x, call->workflow);
}

void library::check() {
  expression_ledger expressions;
  for (auto& x : entries_) {
    callees calls;
    for (auto& [name, entry] : x.calls)
      calls.emplace(name, &entry->made.what);
    check_graph({x.made, calls, known_, x.file->found, expressions});
  }
  auto& first = files_.front();
  for (auto& x : files_)
    if (&x != &first && !x.found.empty())
      first.found.add(x.led_at, x.led_by + message_of(x.found.to_error()));
  auto report = [this](auto& from, auto& at, auto& what) {
    complain(from, at, what);
  };
  find_endless_calls(entries_, report);
  find_deep_calls(entries_, report);
}

void library::collect_called(workflow& to) {
  std::map<std::string, const library_entry*> taken;
  std::deque<const library_entry*> waiting{&entries_.front()};
  for (; !waiting.empty(); waiting.pop_front()) {
    auto& from = *waiting.front();
    for (auto& x : from.made.what.steps) {
      auto* call = std::get_if<call_step>(&x.action);
      if (call == nullptr)
        continue;
      auto* target = from.calls.at(call->workflow);
      auto [i, added] = taken.emplace(call->workflow, target);
      if (!added && i->second != target)
        return complain(from, x,
                        "two workflows that are called have the name "
                          + call->workflow + "; give one another name");
      if (taken.size() > max_called_workflows)
        return complain(from, x,
                        "a workflow calls at most "
                          + std::to_string(max_called_workflows)
                          + " others, with those that they call; make one of "
                            "some that do alike");
      if (added)
        waiting.push_back(target);
    }
  }
  for (auto& [name, entry] : taken)
    to.called.emplace(name, json_text{normal_form(entry->made.what)});
}

caf::expected<workflow> library::load(std::string_view text,
                                      const std::string& path) {
  auto& first = files_.emplace_back(path);
  if (auto err = read(first, text, path))
    return err;
  for (size_t i = 0; i < entries_.size(); ++i)
    resolve(entries_[i]);
  // What refers to something else is only looked at if that could be read.
  if (first.found.empty())
    check();
  auto result = first.main->made.what;
  if (first.found.empty())
    collect_called(result);
  if (!first.found.empty())
    return first.found.to_error();
  return result;
}

} // namespace machine::orchestrator
