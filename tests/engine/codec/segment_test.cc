// Random documents through builder, encoder and reader, compared with what plain maps say they hold.
#include "engine/codec/segment.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/coding.h"
#include "engine/codec/norms.h"
#include "engine/codec/segment_builder.h"
#include "engine/codec/segment_writer.h"
#include "tests/engine/codec/segment_probe.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::codec {
namespace {

using mapping::FieldKind;

// Ids that know nothing of order.
struct TestIds final : KeywordIdSource {
  bool Give(FieldId field, std::span<const std::string_view> given,
            std::vector<uint32_t>* ids) override {
    EXPECT_TRUE(std::is_sorted(given.begin(), given.end()));
    fields.insert(field);
    ids->clear();
    for (const std::string_view value : given) {
      const auto id = (static_cast<uint32_t>(values.size()) + 3) * 7 % 1009;
      ids->push_back(by_value.emplace(value, id).first->second);
      values.emplace(ids->back(), value);
    }
    return !refuses;
  }
  std::map<std::string, uint32_t, std::less<>> by_value;
  std::map<uint32_t, std::string> values;
  std::set<FieldId> fields;
  bool refuses = false;
};

class SegmentTest : public ::binseek::test::SeededTest {
 protected:
  void SetUp() override {
    title_ = AddField("title", FieldKind::kText);
    tag_ = AddField("tag", FieldKind::kKeyword);
    price_ = AddField("price", FieldKind::kLong);
    ratings_ = AddField("ratings", FieldKind::kLong);
  }

  FieldId AddField(const std::string& name, FieldKind kind) {
    mapping::Field field;
    field.name = name;
    field.kind = kind;
    return *mapping_.AddField(std::move(field));
  }

  // What the segment must hold.
  struct Expected {
    std::string key;
    std::string source;
    bool verbatim = false;
    std::map<std::string, std::vector<uint32_t>> words;  // with their positions
    std::set<std::string> tags;
    std::optional<int64_t> price;
    std::multiset<int64_t> ratings;
  };

  Expected AddRandomDocument(SegmentBuilder* builder) {
    Expected expected;
    mapping::Document document;
    expected.key = OneIn(5) ? "same" : "key" + std::to_string(builder->size());
    expected.source = RandomBytes(30);
    expected.verbatim = OneIn(2);
    uint32_t position = 0;
    for (int value = OneIn(3) ? 2 : 1; value > 0; --value) {
      std::string title;
      for (uint64_t i = Uniform(8); i > 0; --i) {
        const std::string word = "word" + std::to_string(Uniform(20));
        expected.words[word].push_back(position++);
        title += word + " ";
      }
      position += kPositionGap;  // behind a value without words too, as Lucene has it
      document.texts.push_back({title_, title});
    }
    for (uint64_t i = 0; i < Uniform(4); ++i) {
      std::string tag = RandomBytes(3);
      document.texts.push_back({tag_, tag});
      expected.tags.insert(std::move(tag));
    }
    if (OneIn(2)) {
      expected.price = static_cast<int64_t>(random()());
      document.numbers.push_back({price_, *expected.price});
    }
    for (uint64_t i = 0; i < Uniform(4); ++i) {
      document.numbers.push_back({ratings_, static_cast<int64_t>(Uniform(5))});
      expected.ratings.insert(document.numbers.back().value);
    }
    document.source = {expected.verbatim, expected.source};
    const auto doc = builder->Add(expected.key, document);
    EXPECT_OK(doc);
    if (OneIn(4)) {
      expected.price = OneIn(2) ? std::nullopt : std::optional<int64_t>(7);
      builder->SetNumber(*doc, price_, expected.price);
    }
    EXPECT_EQ(builder->Number(*doc, price_), expected.price);
    return expected;
  }

  static std::shared_ptr<const Segment> Open(SegmentBuilder* builder,
                                             KeywordIdSource* ids = nullptr) {
    auto payload = builder->Finish(ids);
    EXPECT_OK(payload);
    const auto owner = std::make_shared<const std::string>(std::move(payload).value());
    auto segment = Segment::Open(*owner, owner);
    EXPECT_OK(segment);
    return segment.ok() ? *segment : nullptr;
  }

  void ExpectTerms(const Segment& segment, FieldId field,
                   const std::map<std::string, std::map<DocId, std::vector<uint32_t>>>& expected,
                   uint32_t doc_count) {
    const FieldTerms* terms = segment.Terms(field);
    if (expected.empty()) {
      ASSERT_TRUE(terms == nullptr || terms->size() == 0);
      return;
    }
    ASSERT_EQ(terms->size(), expected.size());
    EXPECT_EQ(terms->doc_count(), doc_count);
    const BlockTermDictionary& dictionary = terms->dictionary();
    uint32_t ord = 0;
    uint64_t doc_freqs = 0;
    uint64_t total = 0;
    for (const auto& [term, docs] : expected) {
      TermInfo info;
      uint32_t found = 0;
      ASSERT_TRUE(dictionary.Find(term, &info, &found));
      ASSERT_EQ(found, ord);
      ASSERT_EQ(info.doc_freq, docs.size());
      BlockPostings postings = terms->Postings(info);
      uint64_t term_total = 0;
      for (const auto& [doc, positions] : docs) {
        ASSERT_EQ(postings.Next(), doc);
        if (terms->shape().positions) {
          ASSERT_EQ(postings.freq(), positions.size());
          PositionCursor& cursor = postings.positions();
          for (const uint32_t position : positions) {
            ASSERT_EQ(cursor.NextPosition(), position);
          }
          ASSERT_EQ(cursor.NextPosition(), kNoMorePositions);
        }
        term_total += positions.size();
      }
      ASSERT_EQ(postings.Next(), kNoMoreDocs);
      ASSERT_EQ(info.total_term_freq, term_total);
      doc_freqs += docs.size();
      total += term_total;
      ++ord;
    }
    EXPECT_FALSE(dictionary.Find("no such term", nullptr, nullptr));
    EXPECT_EQ(terms->sum_doc_freq(), doc_freqs);
    EXPECT_EQ(terms->sum_total_term_freq(), total);
  }

  void ExpectEqual(const Segment& segment, const std::vector<Expected>& documents) {
    ASSERT_EQ(segment.max_doc(), documents.size());
    std::map<std::string, std::map<DocId, std::vector<uint32_t>>> words;
    std::map<std::string, std::map<DocId, std::vector<uint32_t>>> tags;
    std::map<std::string, DocId> newest;
    uint32_t with_words = 0;
    uint32_t with_tags = 0;
    for (DocId doc = 0; doc < documents.size(); ++doc) {
      const Expected& expected = documents[doc];
      newest[expected.key] = doc;
      with_words += expected.words.empty() ? 0 : 1;
      with_tags += expected.tags.empty() ? 0 : 1;
      uint32_t length = 0;
      for (const auto& [word, positions] : expected.words) {
        words[word][doc] = positions;
        length += static_cast<uint32_t>(positions.size());
      }
      for (const std::string& tag : expected.tags) {
        tags[tag][doc] = {0};
      }
      ASSERT_EQ(segment.Key(doc), expected.key);
      std::string source;
      uint8_t form = 0;
      ASSERT_OK(segment.stored().Get(doc, &source, &form));
      ASSERT_EQ(source, expected.source);
      ASSERT_EQ(form, expected.verbatim ? 1 : 0);
      ASSERT_EQ(segment.Norms(title_) == nullptr ? 0 : segment.Norms(title_)[doc],
                EncodeNorm(length));
      ExpectNumbers(
          segment, doc, price_,
          expected.price ? std::multiset<int64_t>{*expected.price} : std::multiset<int64_t>());
      ExpectNumbers(segment, doc, ratings_, expected.ratings);
    }
    ExpectTerms(segment, title_, words, with_words);
    ExpectTerms(segment, tag_, tags, with_tags);
    for (DocId doc = 0; doc < documents.size() && segment.Keywords(tag_) != nullptr; ++doc) {
      std::set<std::string> got;
      std::vector<uint32_t> scratch;
      std::string term;
      for (const uint32_t ord : segment.Keywords(tag_)->Ords(doc, &scratch)) {
        ASSERT_TRUE(segment.Terms(tag_)->dictionary().Term(ord, &term));
        got.insert(term);
      }
      ASSERT_EQ(got, documents[doc].tags);
    }
    for (const auto& [key, doc] : newest) {
      ASSERT_EQ(segment.FindKey(key), doc);
    }
    EXPECT_EQ(segment.FindKey("unknown"), std::nullopt);
    EXPECT_EQ(segment.FindKey(""), std::nullopt);
  }

  static void ExpectNumbers(const Segment& segment, DocId doc, FieldId field,
                            const std::multiset<int64_t>& expected) {
    const PackedColumn* column = segment.Numbers(field);
    if (column == nullptr) {
      ASSERT_TRUE(expected.empty());
      return;
    }
    std::vector<int64_t> scratch;
    const auto all = column->GetAll(doc, &scratch);
    ASSERT_TRUE(std::equal(all.begin(), all.end(), expected.begin(), expected.end()));
  }

  mapping::Mapping mapping_;
  FieldId title_{};
  FieldId tag_{};
  FieldId price_{};
  FieldId ratings_{};
};

TEST_F(SegmentTest, HoldsWhatWasAdded) {
  for (uint64_t i = 0; i < Iterations(40); ++i) {
    SegmentBuilder builder(&mapping_);
    std::vector<Expected> documents;
    for (uint64_t n = Uniform(OneIn(4) ? 300 : 10); n > 0; --n) {
      documents.push_back(AddRandomDocument(&builder));
    }
    const auto segment = Open(&builder);
    ASSERT_NE(segment, nullptr);
    ASSERT_OK(segment->Verify());
    ExpectEqual(*segment, documents);
    if (HasFatalFailure()) {
      return;
    }
  }
}

TEST_F(SegmentTest, KeywordsHaveTheIdsThatTheyAreGivenOrOrdinals) {
  for (uint64_t i = 0; i < Iterations(40); ++i) {
    SegmentBuilder builder(&mapping_);
    std::vector<Expected> documents;
    for (uint64_t n = Uniform(OneIn(4) ? 300 : 10); n > 0; --n) {
      documents.push_back(AddRandomDocument(&builder));
    }
    TestIds ids;
    ids.refuses = OneIn(4);
    const auto segment = Open(&builder, &ids);
    ASSERT_NE(segment, nullptr);
    ASSERT_OK(segment->Verify());
    ExpectEqual(*segment, documents);
    const OrdColumn* column = segment->KeywordIds(tag_);
    ASSERT_EQ(column != nullptr, !ids.fields.empty() && !ids.refuses);
    ASSERT_TRUE(column == nullptr || segment->Keywords(tag_) == nullptr);
    ASSERT_TRUE(ids.fields.empty() || ids.fields == std::set<FieldId>{tag_});
    for (DocId doc = 0; column != nullptr && doc < documents.size(); ++doc) {
      std::vector<uint32_t> scratch;
      std::set<std::string> got;
      for (const uint32_t id : column->Ords(doc, &scratch)) {
        ASSERT_TRUE(got.insert(ids.values.at(id)).second);
      }
      ASSERT_EQ(got, documents[doc].tags);
    }
  }
}

TEST_F(SegmentTest, TheSameDocumentsGiveTheSameBytes) {
  std::string first;
  for (int i = 0; i < 2; ++i) {
    random().seed(seed());
    SegmentBuilder builder(&mapping_);
    for (int n = 0; n < 70; ++n) {
      AddRandomDocument(&builder);
    }
    const auto payload = builder.Finish();
    ASSERT_OK(payload);
    ASSERT_TRUE(first.empty() || first == *payload);
    first = *payload;
  }
}

TEST_F(SegmentTest, ChangedBytesNeverCrashAReader) {
  SegmentBuilder builder(&mapping_);
  for (int n = 0; n < 30; ++n) {
    AddRandomDocument(&builder);
  }
  TestIds ids;
  const std::string with_ords = *builder.Finish();
  const std::string with_ids = *builder.Finish(&ids);
  uint64_t refused = 0;
  const uint64_t rounds = Iterations(3000);
  for (uint64_t i = 0; i < rounds; ++i) {
    std::string bytes = OneIn(2) ? with_ords : with_ids;
    for (uint64_t n = 0; n <= Uniform(4); ++n) {
      const uint64_t near = OneIn(2) ? std::min<uint64_t>(bytes.size(), 800)
                                     : bytes.size();  // the directory is the tender part
      bytes[bytes.size() - 1 - Uniform(near)] = static_cast<char>(OneIn(3) ? 0xff : Uniform(256));
    }
    SealDirectory(&bytes);
    refused += ProbeSegment(bytes).ok() ? 0 : 1;
  }
  EXPECT_GT(refused, rounds / 10);
}

TEST_F(SegmentTest, VerifyFindsEveryChangedByteOfASection) {
  SegmentBuilder builder(&mapping_);
  for (int n = 0; n < 300; ++n) {
    AddRandomDocument(&builder);
  }
  std::string bytes = *builder.Finish();
  const size_t end = bytes.size() - kSegmentTrailerBytes;
  const uint32_t sections = LoadU32(bytes.data() + end + 4);
  for (uint32_t i = 0; i < sections; ++i) {
    const char* entry = bytes.data() + end - (i + 1) * kSectionEntryBytes;
    char* const changed = &bytes[LoadU64(entry + 8) + Uniform(LoadU64(entry + 16))];
    *changed = static_cast<char>(*changed ^ 0x10);
    const auto owner = std::make_shared<const std::string>(bytes);
    const auto segment = Segment::Open(*owner, owner);
    ASSERT_EQ((segment.ok() ? (*segment)->Verify() : segment.status()).code(),
              StatusCode::kCorruption);
    *changed = static_cast<char>(*changed ^ 0x10);
  }
}

TEST_F(SegmentTest, WhatANewerBinseekWroteIsRefused) {
  SegmentBuilder builder(&mapping_);
  for (int n = 0; n < 20; ++n) {
    AddRandomDocument(&builder);
  }
  const std::string bytes = *builder.Finish();
  const size_t end = bytes.size() - kSegmentTrailerBytes;
  const size_t entries = LoadU32(bytes.data() + end + 4) * kSectionEntryBytes;
  const auto open = [&](size_t at, uint32_t number) {
    std::string changed = bytes;
    std::string encoded;
    PutU32(&encoded, number);
    changed.replace(end - entries + at, encoded.size(), encoded);
    SealDirectory(&changed);
    return ProbeSegment(changed);
  };
  for (size_t entry = 0; entry < entries; entry += kSectionEntryBytes) {
    for (const uint32_t kind : {0u, 14u, 0xffffffffu}) {
      const Status status = open(entry + 4, kind);
      EXPECT_STATUS(status, kFormatTooNew);
      EXPECT_NE(status.message().find("newer binseek"), std::string::npos);
    }
    EXPECT_STATUS(open(entry + 28, 1), kFormatTooNew);
  }
}

TEST_F(SegmentTest, ChildrenStandBeforeTheirRoot) {
  SegmentBuilder builder(&mapping_);
  mapping::Document root;
  root.texts = {{tag_, "root"}};
  ASSERT_OK(builder.Add("alone", root));
  root.children.resize(2);
  root.children[0].texts = {{tag_, "child"}};
  root.children[0].children.resize(1);
  root.children[1].child_key = "child";
  const auto family = builder.Add("family", root);
  ASSERT_OK(family);
  ASSERT_EQ(*family, 4u);
  const auto segment = Open(&builder);
  ASSERT_NE(segment, nullptr);
  ASSERT_OK(segment->Verify());
  const std::vector<bool> roots{true, false, false, false, true};
  for (DocId doc = 0; doc < roots.size(); ++doc) {
    EXPECT_EQ(segment->IsRoot(doc), roots[doc]);
  }
  EXPECT_EQ(segment->FindKey("child"), 3u);
  EXPECT_EQ(segment->FindKey("family"), 4u);
  EXPECT_EQ(segment->Key(1), "");
  EXPECT_EQ(segment->Terms(tag_)->Postings(0).Next(), 2u) << "[child]";
}

// What waits is kept elsewhere when it grows; the bytes are the same.
class SpoolingOutput final : public SegmentOutput {
 public:
  [[nodiscard]] Status Append(std::string_view bytes) override {
    bytes_.append(bytes);
    return fail_after_-- > 0 ? Status::Ok() : Status::IoError("no room");
  }
  [[nodiscard]] Result<std::unique_ptr<Spool>> MakeSpool() override {
    class StringSpool final : public Spool {
     public:
      [[nodiscard]] Status Append(std::string_view bytes) override {
        bytes_.append(bytes);
        return Status::Ok();
      }
      [[nodiscard]] Status CopyTo(SegmentOutput* output) override { return output->Append(bytes_); }

     private:
      std::string bytes_;
    };
    ++spools_;
    return std::unique_ptr<Spool>(std::make_unique<StringSpool>());
  }
  int spools() const { return spools_; }
  const std::string& bytes() const { return bytes_; }
  void FailAfter(int appends) { fail_after_ = appends; }

 private:
  std::string bytes_;
  int spools_ = 0;
  int fail_after_ = 1'000'000;
};

Status WriteSections(SegmentOutput* output, size_t buffer_bytes) {
  SegmentWriter writer(0, output, buffer_bytes);
  std::vector<ByteSink*> sinks;
  for (uint32_t i = 0; i < 4; ++i) {
    sinks.push_back(writer.Begin(FieldId{16 + i}, SectionKind::kNorms));
  }
  for (int i = 0; i < 1000; ++i) {
    sinks[static_cast<size_t>(i) % 3]->Append(std::to_string(i));  // the last one stays empty
  }
  BINSEEK_RETURN_IF_ERROR(writer.End());
  return writer.Finish();
}

TEST(SegmentWriterTest, SectionsComeOneAfterTheOther) {
  SpoolingOutput held;
  ASSERT_OK(WriteSections(&held, 1 << 20));
  EXPECT_EQ(held.spools(), 0);
  SpoolingOutput spooled;
  ASSERT_OK(WriteSections(&spooled, 100));
  EXPECT_EQ(spooled.spools(), 2);
  EXPECT_EQ(held.bytes(), spooled.bytes());
  EXPECT_EQ(held.bytes().size() % 8, 0u);
}

TEST(SegmentWriterTest, TheFirstErrorStays) {
  SpoolingOutput output;
  output.FailAfter(2);
  EXPECT_STATUS(WriteSections(&output, 100), kIoError);
}

TEST_F(SegmentTest, EveryTruncationIsRefused) {
  SegmentBuilder builder(&mapping_);
  AddRandomDocument(&builder);
  const std::string sound = *builder.Finish();
  ASSERT_OK(ProbeSegment(sound));
  for (size_t size = 0; size < sound.size(); ++size) {
    ASSERT_EQ(ProbeSegment(sound.substr(0, size)).code(), StatusCode::kCorruption);
  }
}

TEST(SegmentBuilderTest, WhatCannotBeAddedAddsNothing) {
  mapping::Mapping mapping;
  mapping::Field field;
  field.name = "price";
  field.kind = FieldKind::kLong;
  const FieldId price = *mapping.AddField(field);
  field.name = "title";
  field.kind = FieldKind::kText;
  field.analyzer = "no such analyzer";
  const FieldId title = *mapping.AddField(field);
  SegmentBuilder builder(&mapping);
  mapping::Document document;
  document.numbers = {{price, 1}};
  document.texts = {{price, "text"}};
  EXPECT_STATUS(builder.Add("1", document), kInvalidArgument);
  document.texts = {{title, "text"}};
  EXPECT_STATUS(builder.Add("1", document), kInvalidArgument);
  document.texts.clear();
  document.numbers.push_back({FieldId{99}, 1});
  EXPECT_STATUS(builder.Add("1", document), kInvalidArgument);
  EXPECT_EQ(builder.size(), 0u);
  EXPECT_EQ(builder.Number(0, price), std::nullopt);
}

TEST(SegmentBuilderTest, ATermThatIsTooLongIsRefusedUnlessItComesFromARow) {
  mapping::Mapping mapping;
  mapping::Field field;
  field.name = "tag";
  field.kind = FieldKind::kKeyword;
  const FieldId tag = *mapping.AddField(field);
  mapping::Document document;
  document.texts = {{tag, std::string(40'000, 'x')}};
  EXPECT_STATUS(SegmentBuilder(&mapping).Add("1", document), kInvalidArgument);
  mapping.set_synced(true);
  EXPECT_OK(SegmentBuilder(&mapping).Add("1", document));
}

// Numbers are set in any order, and more than once.
TEST_F(SegmentTest, NumbersAreAsLastSet) {
  SegmentBuilder builder(&mapping_);
  std::vector<std::optional<int64_t>> expected;
  for (int i = 0; i < 1000; ++i) {
    if (expected.empty() || OneIn(3)) {
      mapping::Document document;
      expected.emplace_back();
      if (OneIn(2)) {
        expected.back() = i;
        document.numbers = {{price_, i}};
      }
      ASSERT_OK(builder.Add(std::to_string(i), document));
    }
    const auto doc = static_cast<DocId>(Uniform(expected.size()));
    expected[doc] = OneIn(3) ? std::nullopt : std::optional<int64_t>(i);
    builder.SetNumber(doc, price_, expected[doc]);
    ASSERT_EQ(builder.Number(doc, price_), expected[doc]);
  }
  const auto segment = Open(&builder);
  ASSERT_NE(segment, nullptr);
  for (DocId doc = 0; doc < expected.size(); ++doc) {
    ASSERT_EQ(builder.Number(doc, price_), expected[doc]);
    ExpectNumbers(
        *segment, doc, price_,
        expected[doc] ? std::multiset<int64_t>{*expected[doc]} : std::multiset<int64_t>());
  }
}

}  // namespace
}  // namespace binseek::codec
