// FaultDirectory itself: what it lets through, what it fails, and what it forgets.
#include "tests/support/fault_directory.h"

#include <set>

#include "engine/store/ram_directory.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using store::RamDirectory;
using store::WriteFile;

class FaultDirectoryTest : public SeededTest {
 protected:
  std::string BytesOf(const std::string& file) {
    const auto mapped = wrapped_->Map(file);
    return mapped.ok() ? std::string((*mapped)->bytes()) : "no " + file;
  }

  const std::shared_ptr<RamDirectory> wrapped_ = std::make_shared<RamDirectory>();
};

TEST_F(FaultDirectoryTest, PassesEverythingThroughWhileNothingIsArmed) {
  FaultDirectory disk(wrapped_, seed());
  ASSERT_OK(WriteFile(&disk, "a", "first"));
  ASSERT_OK(WriteFile(&disk, "b", "second"));
  ASSERT_OK(disk.Rename("b", "c"));
  ASSERT_OK(disk.Delete("a"));
  EXPECT_EQ(*disk.List(), std::vector<std::string>{"c"});
  EXPECT_EQ((*disk.Map("c"))->bytes(), "second");
  EXPECT_STATUS(disk.Map("a"), kNotFound);
  EXPECT_STATUS(disk.Delete("a"), kNotFound);
  EXPECT_OK(disk.Lock());
  EXPECT_EQ(disk.TakeFailed(), std::vector<std::string>());
}

TEST_F(FaultDirectoryTest, AFullDiskTakesWhatFitsAndHasRoomAgainAfterADelete) {
  FaultDirectory disk(wrapped_, seed());
  ASSERT_OK(WriteFile(&disk, "old", "12345"));
  disk.Arm(Fault::kDiskFull, 3);
  const auto file = disk.Create("new");
  ASSERT_OK(file);
  const Status status = (*file)->Append("abcdef");
  EXPECT_STATUS(status, kIoError);
  EXPECT_NE(status.message().find("new: No space left"), std::string::npos) << status;
  EXPECT_EQ(BytesOf("new"), "abc");
  ASSERT_OK(disk.Delete("old"));
  EXPECT_OK((*file)->Append("defgh"));
  EXPECT_STATUS((*file)->Append("i"), kIoError);
  EXPECT_EQ(disk.TakeFailed(), (std::vector<std::string>{"new", "new"}));
}

TEST_F(FaultDirectoryTest, FailsTheArmedOperationsOnlyAndForAsLongAsAsked) {
  FaultDirectory disk(wrapped_, seed());
  ASSERT_OK(WriteFile(&disk, "a", "x"));
  disk.Arm(Fault::kReadOnly, 1);
  EXPECT_OK(disk.Sync()) << "one more goes through";
  EXPECT_STATUS(disk.Create("b"), kIoError);
  EXPECT_STATUS(disk.Rename("a", "b"), kIoError);
  EXPECT_STATUS(disk.Delete("a"), kIoError);
  EXPECT_STATUS(disk.Sync(), kIoError);
  EXPECT_OK(disk.Map("a"));
  disk.Arm(Fault::kRead, 0, 1);
  EXPECT_OK(disk.Sync());
  EXPECT_STATUS(disk.Map("a"), kIoError);
  EXPECT_OK(disk.Map("a"));
  disk.Arm(Fault::kSync);
  EXPECT_STATUS(WriteFile(&disk, "c", "x"), kIoError);
  EXPECT_OK(disk.Rename("a", "b"));
  disk.Heal();
  EXPECT_OK(disk.Sync());
}

TEST_F(FaultDirectoryTest, KeepsWhatWasSyncedWhateverElseIsLost) {
  for (uint64_t i = 0; i < Iterations(100); ++i) {
    FaultDirectory disk(std::make_shared<RamDirectory>(), random()());
    ASSERT_OK(WriteFile(&disk, "kept", "durable"));
    ASSERT_OK(WriteFile(&disk, "deleted", "durable too"));
    ASSERT_OK(disk.Sync());
    const auto file = disk.Create("torn");
    ASSERT_OK((*file)->Append("synced"));
    ASSERT_OK((*file)->Sync());
    ASSERT_OK(disk.Sync());
    ASSERT_OK((*file)->Append("loose"));
    ASSERT_OK(disk.Delete("deleted"));
    ASSERT_OK(WriteFile(&disk, "loose name", "x"));
    ASSERT_OK(disk.LosePower());
    EXPECT_EQ((*disk.Map("kept"))->bytes(), "durable");
    const std::string torn((*disk.Map("torn"))->bytes());
    EXPECT_EQ(torn.substr(0, 6), "synced");
    EXPECT_LE(torn.size(), 11u);
    ASSERT_OK(disk.LosePower());
    EXPECT_EQ((*disk.Map("torn"))->bytes(), torn) << "what a restart has seen is durable";
  }
}

// Every outcome that the contract of a directory allows comes up, and no other.
TEST_F(FaultDirectoryTest, LosesNamesAndTearsTailsInEveryAllowedWay) {
  std::set<std::string> outcomes;
  for (uint64_t i = 0; i < 400; ++i) {
    FaultDirectory disk(std::make_shared<RamDirectory>(), random()());
    ASSERT_OK(WriteFile(&disk, "manifest", "old"));
    ASSERT_OK(disk.Sync());
    const auto file = disk.Create("manifest.new");
    ASSERT_OK((*file)->Append("new"));  // not synced
    ASSERT_OK(disk.Rename("manifest.new", "manifest"));
    ASSERT_OK(disk.LosePower());
    outcomes.insert(std::string((*disk.Map("manifest"))->bytes()));
  }
  using std::string_literals::operator""s;
  const std::set<std::string> possible{
      "old", "", "n", "ne", "new", "\0\0\0"s, "n\0\0"s, "ne\0"s,
  };
  EXPECT_EQ(outcomes, possible);
}

TEST_F(FaultDirectoryTest, BytesWhoseSyncHasFailedStayLoose) {
  FaultDirectory disk(wrapped_, seed());
  const auto file = disk.Create("a");
  ASSERT_OK((*file)->Append("bytes"));
  disk.Arm(Fault::kSync, 0, 1);
  EXPECT_STATUS((*file)->Sync(), kIoError);
  EXPECT_OK((*file)->Sync())
      << "the second one says OK, as a kernel does that has dropped the pages";
  ASSERT_OK(disk.Sync());
  ASSERT_OK(disk.LosePower(Survival::kSynced));
  EXPECT_EQ(BytesOf("a"), "");
}

TEST_F(FaultDirectoryTest, ADeathOfTheProcessAloneLosesNothing) {
  FaultDirectory disk(wrapped_, seed());
  const auto file = disk.Create("a");
  ASSERT_OK((*file)->Append("bytes"));
  ASSERT_OK(disk.Rename("a", "b"));
  ASSERT_OK(disk.LosePower(Survival::kAll));
  EXPECT_EQ(BytesOf("b"), "bytes");
  ASSERT_OK((*file)->Append("more"));
  EXPECT_EQ(BytesOf("b"), "bytes") << "a file from before the crash leads nowhere";
}

TEST_F(FaultDirectoryTest, DamageAlwaysChangesTheFile) {
  FaultDirectory disk(wrapped_, seed());
  const std::string bytes(50, '\0');
  for (uint64_t i = 0; i < Iterations(100); ++i) {
    ASSERT_OK(WriteFile(&disk, "a", bytes));
    const auto damage = static_cast<Damage>(Uniform(5));
    const auto what = disk.DamageFile("a", damage);
    ASSERT_OK(what);
    EXPECT_NE(BytesOf("a"), bytes) << *what;
    EXPECT_NE(what->find("a"), std::string::npos);
    EXPECT_EQ(damage == Damage::kGone, !disk.Map("a").ok());
  }
  EXPECT_STATUS(disk.DamageFile("missing", Damage::kGone), kNotFound);
}

}  // namespace
}  // namespace binseek::test
