// Processes that die at a named point of a commit, on a real directory; and files that are not as they were written.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "engine/base/crc32c.h"
#include "engine/base/fault_point.h"
#include "engine/index/check_index.h"
#include "engine/store/posix_directory.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

const Product kOld{"red phone", "acme", 1999, 5};
const Product kNew{"phone case", "apex", 500, 10};
constexpr int kDocuments = 300;

class CrashTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!FaultPoints::Enabled()) {
      GTEST_SKIP() << "fault points are not compiled in";
    }
    std::string pattern =
        (std::filesystem::temp_directory_path() / "binseek-crash-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(path_); }

  // Commits an old state whole, then dies at `point` of the commit of a new one, in a process of its own.
  int CommitAndDie(const std::string& point) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto engine = MustOpen(*store::OpenPosixDirectory(path_));
      const IndexId id = *engine->CreateIndex("products", ShopMapping(), "{}");
      Write(engine.get(), id, kOld, "old");
      static_cast<void>(engine->Commit().ok());
      Write(engine.get(), id, kNew, "new");
      MustApply(engine.get(), {Delete(id, "doomed", 9)});
      static_cast<void>(FaultPoints::Arm(point + "=kill").ok());
      static_cast<void>(engine->Commit().ok());
      ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  static void Write(Engine* engine, IndexId id, const Product& product,
                    const std::string& position) {
    Batch batch;
    for (int i = 0; i < kDocuments; ++i) {
      batch.operations.push_back(Upsert(id, "k" + std::to_string(i), product));
    }
    batch.user_data["position"] = position;
    EXPECT_OK(engine->Apply(batch));
  }

  std::string path_;
};

TEST_F(CrashTest, EqualityAfterDeathAtEveryPointOfACommit) {
  int came_back_old = 0;
  int came_back_new = 0;
  for (const char* point :
       {"commit.before_segment", "store.create", "store.half_written", "store.sync",
        "commit.after_segment", "commit.before_keywords", "commit.before_hook", "commit.after_hook",
        "commit.before_rename", "commit.after_rename", "commit.after_sync"}) {
    SCOPED_TRACE(point);
    ASSERT_EQ(CommitAndDie(point), kKilledExitStatus);
    const auto directory = *store::OpenPosixDirectory(path_);
    ExpectSound(*directory);
    auto engine = MustOpen(directory);
    ASSERT_NE(engine, nullptr);
    const bool is_new = engine->UserData("position") == "new";
    (is_new ? came_back_new : came_back_old) += 1;
    const auto view = engine->View();
    const IndexView* index = view->Find("products");
    ASSERT_NE(index, nullptr);
    EXPECT_EQ(index->live_docs(), static_cast<uint64_t>(kDocuments));
    EXPECT_EQ(engine->tombstones(), is_new ? 1u : 0u);
    for (int i = 0; i < kDocuments; ++i) {
      ASSERT_EQ(SourceOf(*index, "k" + std::to_string(i)), (is_new ? kNew : kOld).ToSource())
          << "a mix of two commits";
    }
    engine.reset();
    std::filesystem::remove_all(path_);
  }
  EXPECT_EQ(came_back_old, 9);
  EXPECT_EQ(came_back_new, 2) << "a rename is seen by the next process, synced or not";
}

// A directory with every kind of file in it.
std::shared_ptr<store::RamDirectory> WrittenDirectory() {
  auto directory = std::make_shared<store::RamDirectory>();
  const auto engine = MustOpen(directory);
  const IndexId id = *engine->CreateIndex("products", ShopMapping(), "{}");
  std::vector<Operation> operations;
  for (int i = 0; i < 20; ++i) {
    operations.push_back(Upsert(id, "k" + std::to_string(i), kOld, 5));
  }
  MustApply(engine.get(), std::move(operations));
  EXPECT_OK(engine->Commit());
  MustApply(engine.get(), {SetStock(id, "k1", 77, 6), Delete(id, "k2", 6)});
  EXPECT_OK(engine->Commit());
  return directory;
}

std::shared_ptr<store::RamDirectory> CopyOf(const store::Directory& from) {
  auto copy = std::make_shared<store::RamDirectory>();
  const auto files = from.List();
  for (const std::string& file : *files) {
    EXPECT_OK(store::WriteFile(copy.get(), file, (*from.Map(file))->bytes()));
  }
  return copy;
}

class HostileFilesTest : public ::binseek::test::SeededTest {};

std::multiset<std::string> KeysOf(const Engine& engine) {
  std::multiset<std::string> keys;
  const auto view = engine.View();
  for (const auto& segment : view->Find("products")->segments) {
    for (DocId doc = 0; doc < segment->max_doc(); ++doc) {
      if (segment->IsLive(doc)) {
        keys.insert(std::string(segment->segment().Key(doc)));
      }
    }
  }
  return keys;
}

TEST_F(HostileFilesTest, EveryChangedByteIsNoticed) {
  const auto sound = WrittenDirectory();
  const auto files = *sound->List();
  ASSERT_EQ(files.size(), 6u) << "manifest, keywords, segment, its state, tombstones, translog";
  for (const std::string& file : files) {
    const std::string bytes((*sound->Map(file))->bytes());
    for (uint64_t i = 0; i < Iterations(60); ++i) {
      std::string changed = bytes;
      if (OneIn(4)) {
        changed.resize(Uniform(bytes.size()));
      } else {
        changed[Uniform(bytes.size())] ^= static_cast<char>(1 << Uniform(8));
      }
      ASSERT_OK(store::WriteFile(sound.get(), file, changed));
      EngineOptions options;
      options.directory = sound;
      if (file.starts_with("segment-") && file.find(".state") == std::string::npos) {
        // Opening looks at its structure only.
        const auto report = CheckDirectory(*sound);
        ASSERT_OK(report);
        ASSERT_FALSE(report->problems.empty()) << file;
        ASSERT_NE(report->problems[0].find(file), std::string::npos) << report->problems[0];
        if (Engine::Open(options).ok()) {
          continue;
        }
      }
      const auto engine = Engine::Open(std::move(options));
      ASSERT_FALSE(engine.ok()) << file;
      const StatusCode code = engine.status().code();
      ASSERT_TRUE(code == StatusCode::kCorruption || code == StatusCode::kFormatTooNew)
          << engine.status();
      ASSERT_NE(engine.status().message().find(file), std::string::npos) << engine.status();
    }
    ASSERT_OK(store::WriteFile(sound.get(), file, bytes));
  }
  EXPECT_NE(MustOpen(sound), nullptr);
}

// Else a document written under that key would stand beside the old one, which shows a wrong key.
TEST_F(HostileFilesTest, AnEngineWithAChangedKeyDoesNotOpen) {
  const auto sound = WrittenDirectory();
  const auto files = *sound->List();
  const auto segment = std::find_if(files.begin(), files.end(), [](const std::string& file) {
    return file.starts_with("segment-") && file.find(".state") == std::string::npos;
  });
  ASSERT_NE(segment, files.end());
  const std::string bytes((*sound->Map(*segment))->bytes());
  const auto keys = KeysOf(*MustOpen(sound));
  int refused = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] ^= 1;
    ASSERT_OK(store::WriteFile(sound.get(), *segment, changed));
    EngineOptions options;
    options.directory = sound;
    const auto engine = Engine::Open(std::move(options));
    if (engine.ok()) {
      ASSERT_EQ(KeysOf(**engine), keys) << "byte " << at;
    }
    refused += engine.ok() ? 0 : 1;
  }
  EXPECT_GT(refused, 0);
}

// As above, but by somebody who also corrects the checksum: any result will do that is no crash and no hang.
TEST_F(HostileFilesTest, ACorrectChecksumMakesNoByteSafe) {
  const auto sound = WrittenDirectory();
  const auto files = *sound->List();
  for (const std::string& file : files) {
    if (file.starts_with("translog-")) {
      continue;  // framed otherwise; it has a fuzzer of its own
    }
    const std::string bytes((*sound->Map(file))->bytes());
    for (uint64_t i = 0; i < Iterations(300); ++i) {
      std::string changed = bytes;
      for (uint64_t n = 0; n <= Uniform(3); ++n) {
        changed[64 + Uniform(bytes.size() - 64 - 12)] = static_cast<char>(OneIn(2)   ? Uniform(256)
                                                                          : OneIn(2) ? 0xff
                                                                                     : 0);
      }
      const uint32_t crc = Crc32c(std::string_view(changed).substr(0, changed.size() - 12));
      changed.replace(changed.size() - 12, 4, reinterpret_cast<const char*>(&crc), 4);
      const auto directory = CopyOf(*sound);
      ASSERT_OK(store::WriteFile(directory.get(), file, changed));
      static_cast<void>(CheckDirectory(*directory).ok());  // reads everything that can be read
      EngineOptions options;
      options.directory = directory;
      const auto engine = Engine::Open(std::move(options));
      if (engine.ok() && !(*engine)->View()->indices().empty()) {
        const IndexId id = (*engine)->View()->indices()[0]->id;
        MustApply(engine->get(), {Upsert(id, "k3", kNew), SetStock(id, "k1", 1)});
        static_cast<void>((*engine)->Commit().ok());
      }
    }
  }
}

}  // namespace
}  // namespace binseek::index::test
