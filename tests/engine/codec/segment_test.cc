// Random documents through builder, encoder and reader, compared with what plain maps say they hold.
#include "engine/codec/segment.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/coding.h"
#include "engine/codec/norms.h"
#include "engine/codec/segment_builder.h"
#include "engine/codec/segment_encoder.h"
#include "tests/engine/codec/segment_probe.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::codec {
namespace {

using mapping::FieldKind;

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
    std::map<std::string, uint32_t> words;
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
    std::string title;
    for (uint64_t i = 0; i < Uniform(8); ++i) {
      const std::string word = "word" + std::to_string(Uniform(20));
      ++expected.words[word];
      title += word + " ";
    }
    document.texts.push_back({title_, title});
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

  static std::shared_ptr<const Segment> Open(const SegmentBuilder& builder) {
    auto payload = builder.Finish();
    EXPECT_OK(payload);
    const auto owner = std::make_shared<const std::string>(std::move(payload).value());
    auto segment = Segment::Open(*owner, owner);
    EXPECT_OK(segment);
    return segment.ok() ? *segment : nullptr;
  }

  void ExpectTerms(const Segment& segment, FieldId field,
                   const std::map<std::string, std::map<DocId, uint32_t>>& expected,
                   uint32_t doc_count) {
    const TermDictionary* terms = segment.Terms(field);
    if (expected.empty()) {
      ASSERT_TRUE(terms == nullptr || terms->size() == 0);
      return;
    }
    ASSERT_EQ(terms->size(), expected.size());
    EXPECT_EQ(terms->doc_count(), doc_count);
    uint32_t ord = 0;
    uint64_t doc_freqs = 0;
    uint64_t total = 0;
    for (const auto& [term, docs] : expected) {
      ASSERT_EQ(terms->Term(ord), term);
      ASSERT_EQ(terms->Find(term), ord);
      ASSERT_EQ(terms->LowerBound(term), ord);
      ASSERT_EQ(terms->LowerBound(term + '\0'), ord + 1);
      ASSERT_EQ(terms->DocFreq(ord), docs.size());
      PostingsIterator postings = terms->Postings(ord);
      uint64_t term_total = 0;
      for (const auto& [doc, freq] : docs) {
        ASSERT_EQ(postings.Next(), doc);
        ASSERT_EQ(postings.freq(), freq);
        term_total += freq;
      }
      ASSERT_EQ(postings.Next(), kNoMoreDocs);
      ASSERT_EQ(postings.Next(), kNoMoreDocs) << "and stays there";
      ASSERT_EQ(terms->TotalTermFreq(ord), term_total);
      const auto target = static_cast<DocId>(Uniform(segment.max_doc() + 2));
      const auto next = docs.lower_bound(target);
      ASSERT_EQ(terms->Postings(ord).Advance(target),
                next == docs.end() ? kNoMoreDocs : next->first);
      doc_freqs += docs.size();
      total += term_total;
      ++ord;
    }
    EXPECT_EQ(terms->Find("no such term"), std::nullopt);
    EXPECT_EQ(terms->sum_doc_freq(), doc_freqs);
    EXPECT_EQ(terms->sum_total_term_freq(), total);
  }

  void ExpectEqual(const Segment& segment, const std::vector<Expected>& documents) {
    ASSERT_EQ(segment.max_doc(), documents.size());
    std::map<std::string, std::map<DocId, uint32_t>> words;
    std::map<std::string, std::map<DocId, uint32_t>> tags;
    std::map<std::string, DocId> newest;
    uint32_t with_words = 0;
    uint32_t with_tags = 0;
    for (DocId doc = 0; doc < documents.size(); ++doc) {
      const Expected& expected = documents[doc];
      newest[expected.key] = doc;
      with_words += expected.words.empty() ? 0 : 1;
      with_tags += expected.tags.empty() ? 0 : 1;
      uint32_t length = 0;
      for (const auto& [word, freq] : expected.words) {
        words[word][doc] = freq;
        length += freq;
      }
      for (const std::string& tag : expected.tags) {
        tags[tag][doc] = 1;
      }
      ASSERT_EQ(segment.Key(doc), expected.key);
      ASSERT_EQ(segment.Stored(doc), expected.source);
      ASSERT_EQ(segment.StoredVerbatim(doc), expected.verbatim);
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
      for (const uint32_t ord : segment.Keywords(tag_)->Ords(doc)) {
        got.emplace(segment.Terms(tag_)->Term(ord));
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
    const NumberColumn* column = segment.Numbers(field);
    const bool present = column != nullptr && ((column->present[doc / 64] >> (doc % 64)) & 1) != 0;
    ASSERT_EQ(present, !expected.empty());
    if (column == nullptr) {
      return;
    }
    ASSERT_EQ(column->values[doc], expected.empty() ? 0 : *expected.begin()) << "the smallest";
    if (!column->multi_starts.empty()) {
      const auto all = column->multi_values.subspan(
          column->multi_starts[doc], column->multi_starts[doc + 1] - column->multi_starts[doc]);
      ASSERT_TRUE(std::equal(all.begin(), all.end(), expected.begin(), expected.end()));
    } else {
      ASSERT_LE(expected.size(), 1u);
    }
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
    const auto segment = Open(builder);
    ASSERT_NE(segment, nullptr);
    ExpectEqual(*segment, documents);
    if (HasFatalFailure()) {
      return;
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

// The envelope's checksum is not asked here: these are the bytes of somebody who can compute one.
TEST_F(SegmentTest, ChangedBytesNeverCrashAReader) {
  SegmentBuilder builder(&mapping_);
  for (int n = 0; n < 30; ++n) {
    AddRandomDocument(&builder);
  }
  const std::string sound = *builder.Finish();
  uint64_t refused = 0;
  const uint64_t rounds = Iterations(3000);
  for (uint64_t i = 0; i < rounds; ++i) {
    std::string bytes = sound;
    if (OneIn(5)) {
      bytes.resize(Uniform(bytes.size()));
    }
    for (uint64_t n = 0; n <= Uniform(4) && !bytes.empty(); ++n) {
      const uint64_t near = OneIn(2) ? std::min<uint64_t>(bytes.size(), 800)
                                     : bytes.size();  // the directory is the tender part
      bytes[Uniform(near)] = static_cast<char>(OneIn(3) ? 0xff : Uniform(256));
    }
    refused += ProbeSegment(bytes).ok() ? 0 : 1;
  }
  EXPECT_GT(refused, rounds / 10);
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

// A full table gives a probe for an unknown key no place to end.
TEST_F(SegmentTest, AKeyTableWithoutAnEmptySlotIsRefused) {
  SegmentEncoder encoder(1);
  encoder.AddDocument("key", true, "{}");
  std::string bytes = *encoder.Finish();
  ASSERT_OK(ProbeSegment(bytes));
  const size_t sections = LoadU32(bytes.data() + 4);
  for (size_t i = 0; i < sections; ++i) {
    const char* section = bytes.data() + 8 + 24 * i;
    if (LoadU32(section + 4) == static_cast<uint32_t>(SectionKind::kKeyTable)) {
      const uint32_t slots[] = {1, 1};
      ASSERT_EQ(LoadU64(section + 16), sizeof(slots));
      bytes.replace(LoadU64(section + 8), sizeof(slots), reinterpret_cast<const char*>(slots),
                    sizeof(slots));
    }
  }
  ASSERT_EQ(ProbeSegment(bytes).code(), StatusCode::kCorruption);
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

TEST(PostingsIteratorTest, AdvanceEqualsNextFromAnyPlace) {
  std::vector<DocId> docs;
  for (DocId doc = 3; doc < 2000; doc += 1 + doc % 7) {
    docs.push_back(doc);
  }
  for (size_t from = 0; from < docs.size(); from += 13) {
    for (DocId target = 0; target < 2010; target += 11) {
      PostingsIterator postings(docs, {});
      for (size_t i = 0; i <= from; ++i) {
        postings.Next();
      }
      const auto expected =
          std::lower_bound(docs.begin() + static_cast<std::ptrdiff_t>(from), docs.end(), target);
      ASSERT_EQ(postings.Advance(target), expected == docs.end() ? kNoMoreDocs : *expected);
      ASSERT_EQ(postings.freq(), 1u);
    }
  }
}

}  // namespace
}  // namespace binseek::codec
