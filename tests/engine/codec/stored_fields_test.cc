#include "engine/codec/stored_fields.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::codec {
namespace {

struct Document {
  uint8_t form;
  std::string bytes;
};

std::string Write(const std::vector<Document>& documents, StoredFieldsOptions options) {
  StringSink sink;
  sink.Append("eight by");  // offsets count from where the section begins
  StoredFieldsWriter writer(&sink, options);
  for (const Document& document : documents) {
    EXPECT_OK(writer.Add(document.form, document.bytes));
  }
  writer.Finish();
  return sink.Take().substr(8);
}

class StoredFieldsTest : public test::SeededTest {
 protected:
  std::vector<Document> AnyDocuments(size_t count) {
    std::vector<Document> documents;
    for (size_t i = 0; i < count; ++i) {
      std::string bytes = "{\"id\":" + std::to_string(i) + ",\"name\":\"product";
      bytes.append(Uniform(OneIn(50) ? 60'000 : 400), 'x');
      bytes += OneIn(4) ? RandomBytes(OneIn(50) ? 40'000 : 100) : std::string();
      documents.push_back(
          {static_cast<uint8_t>(Uniform(256)), OneIn(20) ? std::string() : std::move(bytes)});
    }
    return documents;
  }
};

TEST_F(StoredFieldsTest, GivesBackWhatWasWritten) {
  for (uint64_t i = 0; i < Iterations(30); ++i) {
    const auto documents = AnyDocuments(Uniform(600));
    const StoredFieldsOptions options = {
        .form = OneIn(2) ? StoredForm::kPlain : StoredForm::kZstd,
        .level = static_cast<int>(1 + Uniform(3)),
        .block_bytes = static_cast<uint32_t>(1 << (4 + Uniform(13)))};
    const std::string bytes = Write(documents, options);
    const auto stored = StoredFields::Open(bytes, static_cast<uint32_t>(documents.size()));
    ASSERT_OK(stored);
    ASSERT_OK(stored->Check());
    EXPECT_EQ(stored->form(), options.form);
    StoredFieldsReader in_order(&*stored);
    std::string got = "before";
    uint8_t form = 0;
    for (uint32_t doc = 0; doc < documents.size(); ++doc) {
      const auto document = in_order.Get(doc);
      ASSERT_OK(document);
      ASSERT_EQ(document->bytes, documents[doc].bytes);
      ASSERT_EQ(document->form, documents[doc].form);
      const auto any = static_cast<uint32_t>(Uniform(documents.size()));
      ASSERT_OK(stored->Get(any, &got, &form));
      ASSERT_EQ(got, documents[any].bytes);
      ASSERT_EQ(form, documents[any].form);
    }
  }
}

TEST_F(StoredFieldsTest, ALargeDocumentHasABlockOfItsOwn) {
  const std::vector<Document> documents = {
      {0, "a"}, {1, std::string(100'000, 'x')}, {0, "b"}, {0, "c"}};
  const std::string bytes = Write(documents, {});
  const auto stored = StoredFields::Open(bytes, 4);
  ASSERT_OK(stored);
  EXPECT_EQ(stored->block_count(), 3u);
  EXPECT_LT(bytes.size(), 1000u);
}

TEST_F(StoredFieldsTest, NotACopyOfItselfIsRefused) {
  const std::string bytes = Write(AnyDocuments(100), {});
  EXPECT_STATUS(StoredFields::Open(bytes, 101), kCorruption);
  EXPECT_STATUS(StoredFields::Open("", 0), kCorruption);
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto stored = StoredFields::Open(std::string_view(bytes).substr(0, size), 100);
    if (stored.ok()) {
      EXPECT_STATUS(stored->Check(), kCorruption);
    }
  }
}

TEST_F(StoredFieldsTest, FlippedBytesDoNoHarm) {
  for (uint64_t i = 0; i < Iterations(300); ++i) {
    const auto docs = static_cast<uint32_t>(1 + Uniform(100));
    const StoredForm form = OneIn(2) ? StoredForm::kPlain : StoredForm::kZstd;
    std::string bytes = Write(AnyDocuments(docs), {.form = form, .block_bytes = 4096});
    for (int flip = 0; flip < 3; ++flip) {
      const size_t at = OneIn(2) ? Uniform(bytes.size())
                                 : bytes.size() - 1 - Uniform(std::min<size_t>(bytes.size(), 200));
      bytes[at] = static_cast<char>(random()());
    }
    const auto stored = StoredFields::Open(bytes, docs);
    if (!stored.ok()) {
      continue;
    }
    static_cast<void>(stored->Check().ok());
    StoredFieldsReader reader(&*stored);
    std::string got;
    uint8_t got_form = 0;
    for (uint32_t doc = 0; doc < docs; ++doc) {
      static_cast<void>(stored->Get(doc, &got, &got_form).ok());
      static_cast<void>(reader.Get(doc).ok());
    }
  }
}

TEST_F(StoredFieldsTest, ASizeThatNoFrameCanHoldTakesNoMemory) {
  std::string bytes = Write({{1, "{}"}}, {});
  // The size of the only block: behind its offset and its first document.
  const size_t at = bytes.size() - 8 - 2 * 16 + 12;
  bytes[at + 3] = 0x3f;
  const auto stored = StoredFields::Open(bytes, 1);
  ASSERT_OK(stored);
  EXPECT_STATUS(stored->Check(), kCorruption);
}

TEST_F(StoredFieldsTest, AfterABrokenBlockTheReaderGoesOn) {
  const std::vector<Document> documents = {{0, std::string(30, 'a')}, {0, std::string(30, 'b')}};
  std::string bytes = Write(documents, {.block_bytes = 16});
  bytes[0] = 'x';  // of the first block's frame
  const auto stored = StoredFields::Open(bytes, 2);
  ASSERT_OK(stored);
  StoredFieldsReader reader(&*stored);
  EXPECT_STATUS(reader.Get(0), kCorruption);
  const auto second = reader.Get(1);
  ASSERT_OK(second);
  EXPECT_EQ(second->bytes, documents[1].bytes);
  EXPECT_STATUS(reader.Get(0), kCorruption);
}

// Sources of another level show what was copied: compressed again, they would not be the same.
TEST_F(StoredFieldsTest, BlocksAreCopiedAsTheyAre) {
  std::vector<Document> documents;
  for (int i = 0; i < 800; ++i) {
    documents.push_back({1, "{\"name\":\"product" + std::to_string(i) + RandomBytes(300) + "\"}"});
  }
  const std::string bytes = Write(documents, {.level = 9});
  const auto stored = StoredFields::Open(bytes, static_cast<uint32_t>(documents.size()));
  ASSERT_OK(stored);
  StringSink sink;
  StoredFieldsWriter writer(&sink, {.level = 1});
  StoredFieldsReader reader(&*stored);
  DocId last = 0;
  for (DocId doc = 0; doc < documents.size(); doc = stored->BlockOf(doc)->end_doc) {
    last = doc;
    ASSERT_OK(writer.AddBlock(&reader, doc));
  }
  writer.Finish();
  const std::string copied = sink.Take();
  const auto again = StoredFields::Open(copied, static_cast<uint32_t>(documents.size()));
  ASSERT_OK(again);
  EXPECT_EQ(again->BlockOf(last)->first_doc, last);
  const size_t frames = bytes.size() * 9 / 10;  // the rest: the last block and the directory
  EXPECT_TRUE(copied.substr(0, frames) == bytes.substr(0, frames));
}

TEST_F(StoredFieldsTest, JoinedBlocksStayOfAWholesomeSize) {
  constexpr uint32_t kBlockBytes = 1 << 12;
  std::vector<Document> all;
  std::string bytes;
  for (int generation = 0; generation < 6; ++generation) {
    // What there is, between small segments.
    StringSink sink;
    StoredFieldsWriter writer(&sink, {.block_bytes = kBlockBytes});
    std::vector<Document> documents;
    const auto add = [&](const std::vector<Document>& more, const std::string& from) {
      const auto stored = StoredFields::Open(from, static_cast<uint32_t>(more.size()));
      ASSERT_OK(stored);
      StoredFieldsReader reader(&*stored);
      for (DocId doc = 0; doc < more.size();) {
        const auto block = *stored->BlockOf(doc);
        if (OneIn(4)) {  // as where one of its documents is dead
          ASSERT_OK(writer.Add(more[doc].form, more[doc].bytes));
          documents.push_back(more[doc++]);
          while (doc < block.end_doc) {
            ASSERT_OK(writer.Add(more[doc].form, more[doc].bytes));
            documents.push_back(more[doc++]);
          }
          continue;
        }
        ASSERT_OK(writer.AddBlock(&reader, doc));
        for (; doc < block.end_doc; ++doc) {
          documents.push_back(more[doc]);
        }
      }
    };
    for (int i = 0; i < 3; ++i) {
      const auto few = AnyDocuments(1 + Uniform(20));
      add(few, Write(few, {.block_bytes = kBlockBytes}));
      if (i == 1 && generation > 0) {
        add(all, bytes);
      }
    }
    writer.Finish();
    bytes = sink.Take();
    all = std::move(documents);
    const auto stored = StoredFields::Open(bytes, static_cast<uint32_t>(all.size()));
    ASSERT_OK(stored);
    ASSERT_OK(stored->Check());
    StoredFieldsReader reader(&*stored);
    for (DocId doc = 0; doc < all.size(); ++doc) {
      const auto document = reader.Get(doc);
      ASSERT_OK(document);
      ASSERT_EQ(document->form, all[doc].form);
      ASSERT_EQ(document->bytes, all[doc].bytes);
    }
    for (DocId doc = 0; doc < all.size();) {
      const auto block = *stored->BlockOf(doc);
      size_t raw = 0;
      for (; doc < block.end_doc; ++doc) {
        raw += all[doc].bytes.size();
      }
      EXPECT_TRUE(block.end_doc - block.first_doc == 1 || raw < size_t{3} * kBlockBytes) << raw;
    }
  }
}

}  // namespace
}  // namespace binseek::codec
