// Files of settled format versions: read as they were written, and written as they were.
//
// BINSEEK_WRITE_GOLDEN=1 writes tests/engine/golden/<version> anew: only while that version is not settled.
#include "tests/engine/index/golden.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "engine/base/fault_point.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

const std::filesystem::path kGolden = "tests/engine/golden";
constexpr const char* kDescription = "description.txt";
constexpr int kCurrent = 2;  // 2: points are kept in a column, fields have parameters

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary);
  out << bytes;
  EXPECT_TRUE(out.flush().good()) << path;
}

// The directory's files; the description apart.
Files GoldenFiles(int version) {
  Files files;
  for (const auto& entry : std::filesystem::directory_iterator(kGolden / std::to_string(version))) {
    if (entry.path().filename() != kDescription) {
      files[entry.path().filename()] = ReadFile(entry.path());
    }
  }
  return files;
}

std::shared_ptr<store::RamDirectory> DirectoryOf(const Files& files) {
  auto directory = std::make_shared<store::RamDirectory>();
  for (const auto& [name, bytes] : files) {
    EXPECT_OK(store::WriteFile(directory.get(), name, bytes));
  }
  EXPECT_OK(directory->Sync());
  return directory;
}

// The first line that differs, for messages that can be read.
std::string FirstDifference(const std::string& expected, const std::string& got) {
  const auto [left, right] =
      std::mismatch(expected.begin(), expected.end(), got.begin(), got.end());
  const auto line = [](const std::string& text, size_t at) {
    const size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
    return text.substr(begin, std::min(text.find('\n', at), begin + 300) - begin);
  };
  if (left == expected.end() && right == got.end()) {
    return "";
  }
  return "expected: " + line(expected, static_cast<size_t>(left - expected.begin())) +
         "\n     got: " + line(got, static_cast<size_t>(right - got.begin()));
}

class GoldenTest : public ::testing::TestWithParam<int> {};

TEST_P(GoldenTest, IsReadAsItWasWritten) {
  const auto directory = DirectoryOf(GoldenFiles(GetParam()));
  ExpectSound(*directory);
  const auto engine = MustOpen(directory, false);
  ASSERT_NE(engine, nullptr);
  EXPECT_EQ(FirstDifference(ReadFile(kGolden / std::to_string(GetParam()) / kDescription),
                            Describe(*engine)),
            "");
}

INSTANTIATE_TEST_SUITE_P(Versions, GoldenTest, ::testing::Range(1, kCurrent + 1));

TEST(GoldenFilesTest, TheCurrentVersionIsWrittenAsItWas) {
  auto directory = std::make_shared<store::RamDirectory>();
  WriteGoldenHistory(directory);
  const Files written = ReadFiles(*directory);
  if (std::getenv("BINSEEK_WRITE_GOLDEN") != nullptr) {
    const std::filesystem::path home = kGolden / std::to_string(kCurrent);
    std::filesystem::remove_all(home);
    std::filesystem::create_directories(home);
    for (const auto& [name, bytes] : written) {
      WriteFile(home / name, bytes);
    }
    WriteFile(home / kDescription, Describe(*MustOpen(directory, false)));
  }
  const Files golden = GoldenFiles(kCurrent);
  for (const auto& [name, bytes] : WithIdentityOf(golden, written)) {
    SCOPED_TRACE(name);
    const auto expected = golden.find(name);
    ASSERT_NE(expected, golden.end());
    const auto [left, right] =
        std::mismatch(expected->second.begin(), expected->second.end(), bytes.begin(), bytes.end());
    EXPECT_TRUE(left == expected->second.end() && right == bytes.end())
        << "differs from offset " << left - expected->second.begin() << " of "
        << expected->second.size() << "; a change of the format needs a new version of it";
  }
  EXPECT_EQ(golden.size(), written.size());
}

}  // namespace
}  // namespace binseek::index::test
