# cmake -DROOT=... -DOUT=... -DFILES="a;b" -P Embed.cmake
#
# Writes a .cpp with the content of data files, for runtime/embedded.hpp.
set(text "#include \"runtime/embedded.hpp\"\n\nnamespace machine {\n\n")
string(APPEND text "std::string_view embedded_file(std::string_view path) {\n")
foreach(file ${FILES})
  file(READ ${ROOT}/${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${hex}")
  string(LENGTH "${hex}" length)
  math(EXPR length "${length} / 2")
  # Compilers bound the length of one literal; adjacent ones are joined.
  string(REGEX REPLACE "(................................................................)"
         "\\1\"\n    \"" bytes "${bytes}")
  string(APPEND text "  if (path == \"${file}\")\n")
  string(APPEND text "    return {\"${bytes}\", ${length}};\n")
endforeach()
string(APPEND text "  return {};\n}\n\n} // namespace machine\n")
file(WRITE ${OUT} "${text}")
