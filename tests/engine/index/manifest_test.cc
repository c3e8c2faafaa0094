// A manifest whose checksum is right and whose content cannot be: refused when it is opened, instead of harm later.
#include "engine/index/manifest.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "engine/index/engine.h"
#include "engine/index/segment_file.h"
#include "engine/store/file_envelope.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

class ManifestTest : public ::testing::Test {
 protected:
  // Two indices of a file each, one of which has a state file, tombstones, keyword values, and an attached file.
  void SetUp() override {
    const auto engine = MustOpen(directory_, false);
    for (const char* name : {"brands", "products"}) {
      const IndexId id = *engine->CreateIndex(name, ShopMapping(), "{}");
      MustApply(engine.get(), {Upsert(id, "a", {"red phone", "acme", 1, 1}, 1),
                               Upsert(id, "b", {"red phone", "acme", 1, 1}, 1)});
      ASSERT_OK(engine->Commit());
      Batch batch;
      batch.operations = {Delete(id, "b", 2), SetStock(id, "a", 7, 2)};
      auto file = engine->CreateAttachedFile();
      ASSERT_OK(file);
      ASSERT_OK((*file)->Append("bytes"));
      batch.attached[name] = *(*file)->Finish();
      ASSERT_OK(engine->Apply(batch));
      ASSERT_OK(engine->Commit());
    }
    auto manifest = LoadManifest(*directory_);
    ASSERT_OK(manifest);
    manifest_ = *std::move(manifest);
    ASSERT_EQ(manifest_.indices.size(), 2u);
    ASSERT_EQ(manifest_.indices[1].segments.size(), 1u);
    ASSERT_EQ(manifest_.indices[1].segments[0].states.size(), 1u);
  }
  // Opens the directory with a manifest that was changed.
  Status OpenWith(const std::function<void(Manifest*)>& change) {
    Manifest manifest = manifest_;
    change(&manifest);
    const std::string file(kManifestFile);
    BINSEEK_RETURN_IF_ERROR(directory_->Delete(file));
    BINSEEK_RETURN_IF_ERROR(store::WriteFile(
        directory_.get(), file, store::WrapInEnvelope(kManifestFormat, "", manifest.Encode())));
    EngineOptions options;
    options.directory = directory_;
    return Engine::Open(std::move(options)).status();
  }
  static ManifestSegment& Segment(Manifest* manifest, size_t index) {
    return manifest->indices[index].segments[0];
  }

  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  Manifest manifest_;
};

TEST_F(ManifestTest, AsItWasWrittenItIsRead) {
  EXPECT_OK(OpenWith([](Manifest*) {}));
}

TEST_F(ManifestTest, NothingIsNamedTwice) {
  EXPECT_STATUS(OpenWith([](Manifest* manifest) {
                  auto& segments = manifest->indices[0].segments;
                  segments.push_back(segments[0]);
                }),
                kCorruption);
  EXPECT_STATUS(OpenWith([](Manifest* manifest) {
                  manifest->indices[0].segments = manifest->indices[1].segments;
                }),
                kCorruption)
      << "two indices have the same segment";
  EXPECT_STATUS(
      OpenWith([](Manifest* manifest) { manifest->indices[1].id = manifest->indices[0].id; }),
      kCorruption);
  EXPECT_STATUS(
      OpenWith([](Manifest* manifest) { manifest->indices[1].name = manifest->indices[0].name; }),
      kCorruption);
}

TEST_F(ManifestTest, WhatIsThereHasAnIdThatWillNotBeGivenAgain) {
  EXPECT_STATUS(OpenWith([](Manifest* manifest) {
                  manifest->next_segment_id = Segment(manifest, 1).id;
                  manifest->attached.clear();
                }),
                kCorruption);
  EXPECT_STATUS(OpenWith([](Manifest* manifest) {
                  manifest->next_segment_id = manifest->attached.at("products").id;
                  manifest->indices.clear();
                }),
                kCorruption);
  EXPECT_STATUS(OpenWith([](Manifest* manifest) {
                  manifest->next_index_id = static_cast<uint32_t>(manifest->indices[1].id);
                }),
                kCorruption);
}

TEST_F(ManifestTest, ThereIsRoomForSequenceNumbers) {
  for (const int64_t ceiling : {int64_t{-1}, INT64_MAX, (int64_t{1} << 62) + 1}) {
    EXPECT_STATUS(
        OpenWith([&](Manifest* manifest) { manifest->indices[0].seq_no_ceiling = ceiling; }),
        kCorruption);
  }
}

TEST_F(ManifestTest, NoFileIsOfALaterCommit) {
  EXPECT_STATUS(OpenWith([](Manifest* manifest) {
                  Segment(manifest, 1).states[0].generation = manifest->generation + 1;
                }),
                kCorruption);
  const auto is_named = [this](const char* what, const std::function<void(Manifest*)>& change) {
    const Status status = OpenWith(change);
    EXPECT_STATUS(status, kCorruption);
    EXPECT_NE(status.message().find("manifest"), std::string::npos) << what << ": " << status;
  };
  is_named("tombstones", [](Manifest* manifest) { manifest->tombstone_generations.back() += 100; });
  is_named("keywords",
           [](Manifest* manifest) { manifest->keyword_files.back().generation += 100; });
}

}  // namespace
}  // namespace binseek::index::test
