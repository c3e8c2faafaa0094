// TempFolder: an empty folder of the test's own, gone with all that is in it.
//
// Thread-compatible.
#ifndef BINSEEK_TESTS_SUPPORT_TEMP_FOLDER_H_
#define BINSEEK_TESTS_SUPPORT_TEMP_FOLDER_H_

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace binseek::test {

class TempFolder {
 public:
  TempFolder() : path_((std::filesystem::temp_directory_path() / "binseek-test-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) {
      path_.clear();
    }
  }
  ~TempFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }  // empty: it could not be made

 private:
  std::string path_;
};

}  // namespace binseek::test

#endif  // BINSEEK_TESTS_SUPPORT_TEMP_FOLDER_H_
