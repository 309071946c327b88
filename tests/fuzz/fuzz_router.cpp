// The target of a request, after a byte that chooses its method. What is found
// has no controls, nothing that is no UTF-8, and no more than it says.

#include "gateway/http/router.hpp"
#include "runtime/wire/document.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <array>

using namespace machine;
using namespace machine::gateway;
using fuzz::require;

namespace {

route_table make_routes() {
  route_table result;
  for (auto* pattern :
       {"/livez", "/api/v1/runs", "/api/v1/runs/{id}", "/api/v1/runs/latest",
        "/api/v1/runs/{id}/events", "/api/v1/projects/{project}/tasks/{task}",
        "/{any}/{other}/end"})
    for (auto* method : {"GET", "POST"})
      result.push_back({method,
                        pattern,
                        permission::anyone_known(),
                        {"limit", "cursor", "after"},
                        "",
                        contract::gives_content("text/plain"),
                        {}});
  return result;
}

bool is_clean(std::string_view x) {
  return wire::is_utf8(x) && std::none_of(x.begin(), x.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto routes = make_routes();
  static const router find{routes};
  fuzz::input from{data, size};
  constexpr std::array<std::string_view, 5> methods{"GET", "HEAD", "POST",
                                                    "PUT", ""};
  auto method = methods[from.byte() % methods.size()];
  auto target = from.text();
  if (auto decoded = decode_percent(target)) {
    require(is_clean(*decoded) && decoded->size() <= target.size());
    if (target.find('%') == target.npos)
      require(*decoded == target);
  }
  auto found = find.find(method, target);
  if (!found) {
    require(code_of(found.error()) == ec::invalid_argument);
    return 0;
  }
  require(target.starts_with('/'));
  if (found->what == nullptr) {
    require(found->request.params.empty());
    return 0;
  }
  auto& what = *found->what;
  require(what.method == method || (method == "HEAD" && what.method == "GET"));
  require(is_clean(found->request.path));
  auto names = std::count(what.pattern.begin(), what.pattern.end(), '{');
  require(found->request.params.size() == static_cast<size_t>(names));
  for (auto& [name, value] : found->request.params)
    require(is_clean(value) && value.size() <= 256);
  for (auto& [name, value] : found->request.query)
    require(what.query.contains(name) && is_clean(value));
  return 0;
}
