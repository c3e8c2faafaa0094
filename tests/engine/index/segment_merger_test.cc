// What is merged is, byte for byte, what a builder makes of the documents that live.
#include "engine/index/segment_merger.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/codec/segment_builder.h"
#include "engine/index/batch_applier.h"
#include "engine/index/check_terms.h"
#include "engine/index/segment_file.h"
#include "engine/index/sort_values.h"
#include "engine/index/term_merger.h"
#include "engine/store/ram_directory.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index {
namespace {

using mapping::FieldId;
using mapping::FieldKind;

class SegmentMergerTest : public ::binseek::test::SeededTest {
 protected:
  struct Row {
    std::string key;
    mapping::Document document;
    int64_t version = 0;
    std::optional<int64_t> stock;
    bool full = false;  // lives, and has all fields, so that the result has them
  };

  void SetUp() override {
    title_ = AddField("title", FieldKind::kText);
    tag_ = AddField("tag", FieldKind::kKeyword);
    stock_ = AddField("stock", FieldKind::kLong);
    ratings_ = AddField("ratings", FieldKind::kLong);
  }

  FieldId AddField(const std::string& name, FieldKind kind) {
    mapping::Field field;
    field.name = name;
    field.kind = kind;
    return *mapping_.AddField(std::move(field));
  }

  mapping::Document RandomChild() {
    mapping::Document child;
    child.texts.push_back({title_, "word" + std::to_string(Uniform(5))});
    child.texts.push_back({tag_, "tag" + std::to_string(Uniform(40))});
    child.source = {.verbatim = true, .bytes = "{}"};
    return child;
  }

  Row RandomRow(int number) {
    Row row;
    row.key = "key" + std::to_string(number);
    std::string title;
    for (uint64_t n = Uniform(12); n > 0; --n) {
      title += "word" + std::to_string(Uniform(OneIn(3) ? 5000 : 10)) + " ";
    }
    row.document.texts.push_back({title_, title});
    for (uint64_t n = Uniform(3); n > 0; --n) {
      row.document.texts.push_back({tag_, "tag" + std::to_string(Uniform(40))});
    }
    for (uint64_t n = Uniform(3); n > 0; --n) {
      row.document.numbers.push_back({ratings_, static_cast<int64_t>(Uniform(5))});
    }
    row.document.source = {.verbatim = true, .bytes = title};
    for (uint64_t n = blocks_ && OneIn(3) ? Uniform(3) : 0; n > 0; --n) {
      row.document.children.push_back(RandomChild());
    }
    row.version = static_cast<int64_t>(Uniform(1000));
    if (OneIn(2)) {
      row.stock = static_cast<int64_t>(Uniform(100));
    }
    return row;
  }

  DocId AddTo(codec::SegmentBuilder* builder, const Row& row) const {
    const auto doc = builder->Add(row.key, row.document);
    EXPECT_OK(doc);
    builder->SetNumber(*doc, mapping::kVersionField, row.version);
    builder->SetNumber(*doc, mapping::kSeqNoField, row.version);
    builder->SetNumber(*doc, mapping::kRowHashField, row.version);
    builder->SetNumber(*doc, stock_, row.stock);
    return *doc;
  }

  // A segment of random rows, some of them dead, some changed since; appends what it shows, in its order.
  std::shared_ptr<const SegmentView> RandomSegment(uint64_t id, std::vector<Row>* shown) {
    codec::SegmentBuilder builder(&mapping_);
    builder.SetNumber(0, stock_, std::nullopt);  // the column is there, whatever rows say
    std::vector<std::pair<DocId, Row>> rows;     // by root
    for (uint64_t n = 1 + Uniform(OneIn(3) ? 900 : 20); n > 0; --n) {
      Row row = RandomRow(next_number_++);
      row.full = rows.empty();
      if (row.full) {
        row.document.texts.push_back({tag_, "tag"});
        row.document.numbers.push_back({ratings_, 1});
        if (blocks_) {
          row.document.children.push_back(RandomChild());
        }
      }
      const DocId root = AddTo(&builder, row);
      rows.emplace_back(root, std::move(row));
    }
    auto view = *OpenInMemory(id, *builder.Finish(), pool_);
    if (!builder.places().empty()) {
      for (auto& [root, row] : rows) {
        root = builder.places()[root];
      }
      std::sort(rows.begin(), rows.end(),
                [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    const bool dying = OneIn(2);
    const bool changing = OneIn(2);
    for (auto& [root, row] : rows) {
      std::vector<mapping::Document>& children = row.document.children;
      const DocId first = root - static_cast<DocId>(children.size());
      if (dying && !row.full && OneIn(3)) {
        for (DocId doc = first; doc <= root; ++doc) {
          view->mutable_live()->Delete(doc, &edit_);
        }
        continue;
      }
      if (dying && !row.full && !children.empty() &&
          OneIn(3)) {  // which now belongs to another block
        view->mutable_live()->Delete(first, &edit_);
        children.erase(children.begin());
      }
      if (changing && OneIn(5)) {
        row.stock = OneIn(3) ? std::nullopt : std::optional<int64_t>(7);
        row.version += 1000;
        view->MutableColumn(stock_)->Set(root, row.stock, &edit_);
        view->mutable_system()->Set(root, {row.version, row.version, row.version}, &edit_);
      }
      shown->push_back(row);
    }
    return view;
  }

  // The bytes of a segment of these rows, in this order.
  std::string BytesOf(const std::vector<Row>& rows) const {
    mapping::Mapping unsorted = mapping_;
    unsorted.set_index_sort({});
    codec::SegmentBuilder builder(&unsorted);
    builder.SetNumber(0, stock_, std::nullopt);
    for (const Row& row : rows) {
      AddTo(&builder, row);
    }
    return *builder.Finish();
  }

  // The smallest or greatest rating, and its place.
  static std::pair<int, int64_t> RatingOf(const Row& row, const mapping::IndexSortKey& key) {
    if (row.document.numbers.empty()) {
      return {key.missing_first ? -1 : 1, 0};
    }
    int64_t best = row.document.numbers[0].value;
    for (const mapping::NumberValue& number : row.document.numbers) {
      best = key.greatest ? std::max(best, number.value) : std::min(best, number.value);
    }
    return {0, key.descending ? -best : best};
  }

  mapping::Mapping mapping_;
  FieldId title_{};
  FieldId tag_{};
  FieldId stock_{};
  FieldId ratings_{};
  bool blocks_ = false;
  int next_number_ = 0;
  const std::shared_ptr<PagePool> pool_ = std::make_shared<PagePool>();
  PageEdit edit_{1, pool_.get()};
};

TEST_F(SegmentMergerTest, EqualsASegmentOfTheLivingDocuments) {
  for (uint64_t i = 0; i < Iterations(15); ++i) {
    std::vector<Row> shown;
    std::vector<std::shared_ptr<const SegmentView>> segments;
    for (uint64_t id = 1; id <= 1 + Uniform(5); ++id) {
      segments.push_back(RandomSegment(id, &shown));
    }
    codec::StringOutput merged;
    const MergeOptions options{.stored = codec::StoredFormInMemory(shown.size()),
                               .copy_stored_blocks = false};
    const auto result = MergeSegments(segments, options, &merged);
    ASSERT_OK(result);
    ASSERT_EQ(result->docs, shown.size());
    const std::string payload = merged.Take();
    const auto owner = std::make_shared<const std::string>(payload);
    const auto opened = codec::Segment::Open(*owner, owner);
    ASSERT_OK(opened);
    ASSERT_OK((*opened)->Verify());
    std::vector<std::string> problems;
    CheckTerms(**opened, "merged", KeywordWriter(), &problems);
    ASSERT_TRUE(problems.empty()) << problems[0];
    ASSERT_TRUE(payload == BytesOf(shown));
  }
}

// Rows with the same ratings are many: they stay as the segments have them.
TEST_F(SegmentMergerTest, SortedEqualsASegmentOfTheDocumentsInOrder) {
  blocks_ = true;
  for (uint64_t i = 0; i < Iterations(15); ++i) {
    const mapping::IndexSortKey key{
        .field = ratings_, .descending = OneIn(2), .missing_first = OneIn(2), .greatest = OneIn(2)};
    const mapping::IndexSort sort{{key}};
    mapping_.set_index_sort(sort);
    std::vector<Row> shown;
    std::vector<std::shared_ptr<const SegmentView>> segments;
    for (uint64_t id = 1; id <= 1 + Uniform(5); ++id) {
      segments.push_back(RandomSegment(id, &shown));
    }
    const auto before = [&](const Row& a, const Row& b) {
      return RatingOf(a, key) < RatingOf(b, key);
    };
    for (size_t at = 0; at < segments.size(); ++at) {
      std::vector<std::string> problems;
      CheckSortOrder(segments[at]->segment(), sort, nullptr, "built", &problems);
      ASSERT_TRUE(problems.empty()) << problems[0];
    }
    std::stable_sort(shown.begin(), shown.end(), before);
    uint32_t docs = 0;
    for (const Row& row : shown) {
      docs += 1 + static_cast<uint32_t>(row.document.children.size());
    }
    codec::StringOutput merged;
    const MergeOptions options{.stored = codec::StoredFormInMemory(docs), .mapping = &mapping_};
    const auto result = MergeSegments(segments, options, &merged);
    ASSERT_OK(result);
    ASSERT_EQ(result->docs, docs);
    ASSERT_TRUE(merged.Take() == BytesOf(shown));
  }
}

// Whose boundaries differ from a builder's, and nothing else.
TEST_F(SegmentMergerTest, CopiedBlocksHoldTheSameSources) {
  for (uint64_t i = 0; i < Iterations(10); ++i) {
    std::vector<Row> shown;
    std::vector<std::shared_ptr<const SegmentView>> segments;
    for (uint64_t id = 1; id <= 2 + Uniform(4); ++id) {
      segments.push_back(RandomSegment(id, &shown));
    }
    codec::StringOutput merged;
    ASSERT_OK(MergeSegments(segments, {}, &merged));
    const auto owner = std::make_shared<const std::string>(merged.Take());
    const auto opened = codec::Segment::Open(*owner, owner);
    ASSERT_OK(opened);
    ASSERT_OK((*opened)->Verify());
    ASSERT_EQ((*opened)->max_doc(), shown.size());
    const codec::StoredFields& stored = (*opened)->stored();
    for (DocId doc = 0; doc < shown.size(); ++doc) {
      std::string bytes;
      uint8_t form = 0;
      ASSERT_OK(stored.Get(doc, &bytes, &form));
      ASSERT_EQ(bytes, shown[doc].document.source.bytes) << doc;
      ASSERT_EQ((*opened)->Key(doc), shown[doc].key);
    }
  }
}

TEST_F(SegmentMergerTest, IdsThatBecomeOrdinalsTakeANumberForEachValueOfTheTable) {
  struct AnyIds final : codec::KeywordIdSource {
    bool Give(FieldId, std::span<const std::string_view> values,
              std::vector<uint32_t>* ids) override {
      ids->resize(values.size());
      std::iota(ids->begin(), ids->end(), 0);
      return true;
    }
  };
  const auto segment = [&](uint64_t id, bool with_ids) -> std::shared_ptr<const SegmentView> {
    codec::SegmentBuilder builder(&mapping_);
    Row row;
    row.key = "key";
    row.document.texts.push_back({tag_, "tag"});
    AddTo(&builder, row);
    AnyIds ids;
    return *OpenInMemory(id, *builder.Finish(with_ids ? &ids : nullptr), pool_);
  };
  const auto ids = segment(1, true);
  const auto more_ids = segment(2, true);
  const auto ords = segment(3, false);
  KeywordViews views;
  views.fields.resize(2);
  views.fields[0].field = tag_;
  views.fields[0].size = 1000;
  views.fields[1].field = title_;
  views.fields[1].size = 5000;
  EXPECT_EQ(BytesForIds(&views, {ids, more_ids}), 0u) << "they are copied";
  EXPECT_EQ(BytesForIds(&views, {ids, more_ids, ords}), 4000u) << "once, whatever the sources";
  EXPECT_EQ(BytesForIds(&views, {ords}), 0u);
  EXPECT_EQ(BytesForIds(nullptr, {ids, ords}), 0u);
  views.fields[0].closed = true;
  EXPECT_EQ(BytesForIds(&views, {ids}), 4000u);
  EXPECT_EQ(BytesForIds(&views, {ords}), 0u);
}

TEST_F(SegmentMergerTest, OfTheDeadNothingIsWritten) {
  std::vector<Row> shown;
  const auto segment = RandomSegment(1, &shown);
  auto dead = std::make_shared<SegmentView>(*segment);
  for (DocId doc = 0; doc < dead->max_doc(); ++doc) {
    if (dead->IsLive(doc)) {
      dead->mutable_live()->Delete(doc, &edit_);
    }
  }
  SegmentFileOutput output(nullptr, 1);  // no file is asked for
  const auto result = MergeSegments({dead}, {}, &output);
  ASSERT_OK(result);
  EXPECT_EQ(result->docs, 0u);
  EXPECT_EQ(result->doc_maps.size(), 1u);
}

TEST_F(SegmentMergerTest, WhatWaitsInPartsComesOutTheSame) {
  std::vector<Row> shown;
  std::vector<std::shared_ptr<const SegmentView>> segments;
  for (uint64_t id = 1; id <= 4; ++id) {
    segments.push_back(RandomSegment(id, &shown));
  }
  store::RamDirectory directory;
  {
    SegmentFileOutput held(&directory, 10);
    ASSERT_OK(MergeSegments(segments, {}, &held));
    ASSERT_OK(held.Finish());
    SegmentFileOutput spooled(&directory, 11);
    ASSERT_OK(MergeSegments(segments, {.buffer_bytes = 16}, &spooled));
    EXPECT_EQ(*directory.List(), (std::vector<std::string>{"segment-10", "segment-11"}))
        << "parts go with their section";
    ASSERT_OK(spooled.Finish());
    SegmentFileOutput unfinished(&directory, 12);
    ASSERT_OK(MergeSegments(segments, {}, &unfinished));
    int asked = 0;
    SegmentFileOutput cancelled(&directory, 13);
    const auto check = [&asked] { return ++asked < 3 ? Status::Ok() : Status::Aborted("enough"); };
    EXPECT_STATUS(MergeSegments(segments, {.check = check, .buffer_bytes = 16}, &cancelled),
                  kAborted);
  }
  EXPECT_EQ(*directory.List(), (std::vector<std::string>{"segment-10", "segment-11"}));
  const auto held = OpenSegment(directory, 10, pool_, store::Verify::kWhole);
  const auto spooled = OpenSegment(directory, 11, pool_, store::Verify::kWhole);
  ASSERT_OK(held);
  ASSERT_OK(spooled);
  EXPECT_EQ((*held)->segment().bytes(), (*spooled)->segment().bytes());
}

TEST_F(SegmentMergerTest, ADamagedFileIsNotMerged) {
  std::vector<Row> shown;
  store::RamDirectory directory;
  {
    SegmentFileOutput output(&directory, 1);
    ASSERT_OK(MergeSegments({RandomSegment(1, &shown), RandomSegment(2, &shown),
                             RandomSegment(3, &shown), RandomSegment(4, &shown)},
                            {}, &output));
    ASSERT_OK(output.Finish());
  }
  std::string bytes((*directory.Map("segment-1"))->bytes());
  bytes[store::kEnvelopeHeaderBytes + 5] ^= 1;
  ASSERT_OK(store::WriteFile(&directory, "segment-1", bytes));
  const auto opened = OpenSegment(directory, 1, pool_);
  ASSERT_OK(opened) << "whose structure is sound";
  codec::StringOutput output;
  EXPECT_STATUS(MergeSegments({*opened}, {}, &output), kCorruption);
}

}  // namespace
}  // namespace binseek::index
