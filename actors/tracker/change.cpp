#include "actors/tracker/change.hpp"

#include <algorithm>

namespace machine::tracker {

void change(task& draft, const task_edit& edit) {
  if (edit.title)
    draft.title = *edit.title;
  if (edit.description)
    draft.description = *edit.description;
  if (edit.state)
    draft.state = *edit.state;
  if (edit.priority)
    draft.priority = *edit.priority;
  auto merge = [](auto& list, auto& more, auto& fewer) {
    for (auto& x : more)
      if (std::find(list.begin(), list.end(), x) == list.end())
        list.push_back(x);
    for (auto& x : fewer)
      std::erase(list, x);
  };
  merge(draft.labels, edit.add_labels, edit.remove_labels);
  merge(draft.depends_on, edit.add_depends, edit.remove_depends);
}

uint64_t size_of(const task& x) {
  uint64_t result = 256 + x.title.size() + x.description.size()
                  + x.author.size() + x.parent.value_or("").size();
  for (auto& label : x.labels)
    result += 4 + label.size();
  for (auto& id : x.depends_on)
    result += 4 + id.size();
  return result;
}

uint64_t size_of_comment(const std::string& author, const std::string& text) {
  return 48 + author.size() + text.size();
}

} // namespace machine::tracker
