#pragma once

namespace machine::test {

/// Runs the tests that the arguments name. Catch's own part takes long to
/// compile, so there is one of it for all programs.
/// @returns the exit code of the program.
int run_tests(int argc, char** argv);

} // namespace machine::test
