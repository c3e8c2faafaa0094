#include <stdlib.h>

#include <filesystem>

#include "engine/base/fault_point.h"
#include "engine/store/posix_directory.h"
#include "engine/store/ram_directory.h"
#include "tests/support/fault_scope.h"
#include "tests/support/status_matchers.h"

namespace binseek::store {
namespace {

// A folder that goes when the test ends.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "binseek-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void ExpectContract(Directory* directory) {
  ASSERT_OK(WriteFile(directory, "a", "first"));
  ASSERT_OK(WriteFile(directory, "b", ""));
  const auto mapped = directory->Map("a");
  ASSERT_OK(mapped);
  EXPECT_EQ((*mapped)->bytes(), "first");
  const auto empty = directory->Map("b");
  ASSERT_OK(empty);
  EXPECT_EQ((*empty)->bytes(), "");
  ASSERT_OK(WriteFile(directory, "c", "second"));
  ASSERT_OK(directory->Rename("c", "a"));
  EXPECT_EQ((*mapped)->bytes(), "first") << "a mapping outlives its file";
  EXPECT_EQ((*directory->Map("a"))->bytes(), "second");
  EXPECT_EQ(*directory->List(), (std::vector<std::string>{"a", "b"}));
  ASSERT_OK(directory->Delete("a"));
  EXPECT_STATUS(directory->Map("a"), kNotFound);
  EXPECT_STATUS(directory->Delete("a"), kNotFound);
  ASSERT_OK(directory->Sync());
  auto lock = directory->Lock();
  ASSERT_OK(lock);
  EXPECT_STATUS(directory->Lock(), kUnavailable);
  lock->reset();
  EXPECT_OK(directory->Lock());
}

TEST(DirectoryTest, MemoryKeepsTheContract) {
  RamDirectory directory;
  ExpectContract(&directory);
}

TEST(DirectoryTest, FileSystemKeepsTheContract) {
  const TemporaryFolder folder;
  const auto directory = OpenPosixDirectory(folder.path() + "/new/folder");
  ASSERT_OK(directory);
  ExpectContract(directory->get());
}

TEST(DirectoryTest, OfAFileThatCannotBeWrittenNothingStays) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "fault points are not compiled in";
  }
  const TemporaryFolder folder;
  const auto directory = OpenPosixDirectory(folder.path());
  ASSERT_OK(directory);
  for (const char* point : {"store.create", "store.half_written", "store.sync"}) {
    const binseek::test::FaultScope scope(std::string(point) + "=error");
    EXPECT_STATUS(WriteFile(directory->get(), "a", "some bytes"), kIoError);
    EXPECT_EQ(*(*directory)->List(), std::vector<std::string>());
  }
}

TEST(RamDirectoryTest, DropsWhatWasNotSynced) {
  RamDirectory directory;
  auto file = directory.Create("a");
  ASSERT_OK(file);
  ASSERT_OK((*file)->Append("kept"));
  ASSERT_OK((*file)->Sync());
  ASSERT_OK(directory.Sync());
  ASSERT_OK((*file)->Append(" lost"));
  ASSERT_OK(WriteFile(&directory, "unnamed", "x"));
  directory.DropUnsynced();
  EXPECT_EQ((*directory.Map("a"))->bytes(), "kept");
  EXPECT_STATUS(directory.Map("unnamed"), kNotFound);
}

}  // namespace
}  // namespace binseek::store
