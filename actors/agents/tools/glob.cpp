#include "actors/agents/tools/glob.hpp"

#include <vector>

namespace machine::agents {

bool matches_glob(std::string_view glob, std::string_view path) {
  if (glob.find('/') == glob.npos && path.rfind('/') != path.npos)
    path.remove_prefix(path.rfind('/') + 1);
  // reachable[i]: the glob so far matches the first i characters. The time is
  // bounded by the product of both lengths, whatever the glob.
  std::vector<bool> reachable(path.size() + 1, false);
  reachable[0] = true;
  for (size_t g = 0; g < glob.size(); ++g) {
    std::vector<bool> next(path.size() + 1, false);
    if (glob[g] == '*') {
      auto deep = g + 1 < glob.size() && glob[g + 1] == '*';
      if (deep)
        ++g;
      auto open = false;
      for (size_t i = 0; i <= path.size(); ++i) {
        open = open || reachable[i];
        next[i] = open;
        if (!deep && i < path.size() && path[i] == '/')
          open = false;
      }
      // `**/` also stands for no directory at all.
      if (deep && g + 1 < glob.size() && glob[g + 1] == '/') {
        ++g;
        std::vector<bool> after(path.size() + 1, false);
        for (size_t i = 0; i <= path.size(); ++i)
          after[i] =
            reachable[i] || (i > 0 && path[i - 1] == '/' && next[i - 1]);
        next = std::move(after);
      }
    } else {
      for (size_t i = 0; i < path.size(); ++i)
        if (reachable[i]
            && (glob[g] == path[i] || (glob[g] == '?' && path[i] != '/')))
          next[i + 1] = true;
    }
    reachable = std::move(next);
  }
  return reachable[path.size()];
}

} // namespace machine::agents
