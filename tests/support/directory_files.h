// The files of a directory, by how their names begin: for tests that say which are there. Pure function; an error of the directory ends the test's program.
#ifndef BINSEEK_TESTS_SUPPORT_DIRECTORY_FILES_H_
#define BINSEEK_TESTS_SUPPORT_DIRECTORY_FILES_H_

#include <string>
#include <string_view>
#include <vector>

#include "engine/store/directory.h"

namespace binseek::test {

inline std::vector<std::string> FilesOf(const store::Directory& directory,
                                        std::string_view prefix) {
  std::vector<std::string> files = *directory.List();
  std::erase_if(files, [&](const auto& file) { return !file.starts_with(prefix); });
  return files;
}

}  // namespace binseek::test

#endif  // BINSEEK_TESTS_SUPPORT_DIRECTORY_FILES_H_
