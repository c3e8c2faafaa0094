#include "engine/base/system_memory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace binseek {
namespace {

class SystemMemoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = ::testing::TempDir() + "/system_memory_test";
    std::filesystem::remove_all(root_);
    Write("/proc/meminfo", "MemTotal:        1000 kB\nMemFree:  10 kB\n");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void Write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }
  std::string root_;
};

TEST_F(SystemMemoryTest, IsTheMachinesWithoutControlGroups) {
  EXPECT_EQ(SystemMemoryBytes(root_), 1000u << 10);
  EXPECT_EQ(SystemMemoryBytes(root_ + "/nowhere"), 0u);
  EXPECT_GT(SystemMemoryBytes(), 0u);
}

TEST_F(SystemMemoryTest, IsTheLeastOfAGroupAndThoseAboveIt) {
  Write("/proc/self/cgroup", "0::/a/b\n");
  Write("/sys/fs/cgroup/a/b/memory.max", "max\n");
  EXPECT_EQ(SystemMemoryBytes(root_), 1000u << 10);
  Write("/sys/fs/cgroup/a/memory.max", "700000\n");
  EXPECT_EQ(SystemMemoryBytes(root_), 700000u);
  Write("/sys/fs/cgroup/a/b/memory.max", "500000\n");
  EXPECT_EQ(SystemMemoryBytes(root_), 500000u);
  Write("/sys/fs/cgroup/memory.max", "400000\n");
  EXPECT_EQ(SystemMemoryBytes(root_), 400000u);
}

TEST_F(SystemMemoryTest, KnowsTheHierarchyOfVersionOne) {
  Write("/proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/c\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(SystemMemoryBytes(root_), 1000u << 10);
  Write("/sys/fs/cgroup/memory/c/memory.limit_in_bytes", "600000\n");
  EXPECT_EQ(SystemMemoryBytes(root_), 600000u);
}

}  // namespace
}  // namespace binseek
