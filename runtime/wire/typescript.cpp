#include "runtime/wire/typescript.hpp"

namespace machine::wire {

bool typescript_writer::begin(std::string_view name, const void* type) {
  auto [place, added] = names_.emplace(name, type);
  if (!added && place->second != type && conflict_.empty())
    conflict_ = name;
  return added;
}

std::string typescript_writer::quote(std::string_view x) {
  return "\"" + std::string{x} + "\"";
}

std::string typescript_writer::member(std::string_view name,
                                      std::string_view mark,
                                      std::string_view type) {
  auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9') || c == '_';
  };
  auto is_identifier = std::all_of(name.begin(), name.end(), plain)
                    && !(name[0] >= '0' && name[0] <= '9');
  return "  " + (is_identifier ? std::string{name} : quote(name))
       + std::string{mark} + std::string{type} + ";\n";
}

std::string typescript_writer::element(std::string type) {
  return type.find(" | ") == std::string::npos ? type : "(" + type + ")";
}

caf::expected<std::string> typescript_writer::take() {
  if (!conflict_.empty())
    return make_error(ec::conflict, "two types are named " + conflict_
                                      + "; give one of them another "
                                        "wire_name");
  return std::move(text_);
}

} // namespace machine::wire
