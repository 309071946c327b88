#include "actors/orchestrator/workflow/load.hpp"

#include "actors/orchestrator/workflow/library.hpp"
#include "runtime/store/store.hpp"
#include "runtime/wire/wire.hpp"

#include <filesystem>
#include <fstream>

namespace machine::orchestrator {

caf::expected<workflow> load_workflow(std::string_view text,
                                      const std::string& file_name,
                                      const load_context& context) {
  return library{context}.load(text, file_name);
}

caf::expected<workflow> load_workflow_file(const std::string& path,
                                           const load_context& context) {
  std::error_code code;
  auto size = std::filesystem::file_size(path, code);
  if (code)
    return make_error(ec::not_found, "cannot read the workflow " + path + ": "
                                       + code.message());
  if (size > max_workflow_bytes)
    return too_large(path, size);
  std::ifstream in{path, std::ios::binary};
  std::string text(size, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return load_workflow(text, path, context);
}

std::string normal_form(const workflow& what) {
  return wire::to_json(what);
}

std::string workflow_hash(const workflow& what) {
  auto text = normal_form(what);
  return store::hash_blob(as_bytes(text));
}

} // namespace machine::orchestrator
