// Payloads of the translog: what is encoded comes back, and any bytes are read without harm.
#include "engine/index/translog_record.h"

#include <limits>

#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

class TranslogRecordTest : public binseek::test::SeededTest {
 protected:
  int64_t Number() {
    switch (Uniform(4)) {
      case 0:
        return std::numeric_limits<int64_t>::min();
      case 1:
        return std::numeric_limits<int64_t>::max();
      case 2:
        return static_cast<int64_t>(random()());
      default:
        return static_cast<int64_t>(Uniform(100)) - 50;
    }
  }

  mapping::Document RandomDocument(int depth) {
    mapping::Document document;
    for (uint64_t i = Uniform(5); i > 0; --i) {
      document.texts.push_back({mapping::FieldId{static_cast<uint32_t>(Uniform(300))},
                                OneIn(3) ? "" : RandomBytes(300)});
    }
    for (uint64_t i = Uniform(100); i > 0; --i) {
      document.numbers.push_back({mapping::FieldId{static_cast<uint32_t>(Uniform(300))}, Number()});
    }
    document.source.verbatim = OneIn(2);
    document.source.bytes = RandomBytes(500);
    for (uint64_t i = depth < 3 && OneIn(3) ? Uniform(3) : 0; i > 0; --i) {
      document.children.push_back(RandomDocument(depth + 1));
      document.children.back().child_key = OneIn(2) ? "" : RandomBytes(20);
    }
    return document;
  }

  ReplayedOp RandomOp() {
    ReplayedOp op;
    op.kind = LoggedOpKind{static_cast<uint8_t>(1 + Uniform(3))};
    op.index = IndexId{static_cast<uint32_t>(Uniform(uint64_t{1} << 32))};
    op.key = RandomBytes(20);
    op.version = Number();
    op.seq_no = Number();
    op.row_hash = OneIn(2) ? 0 : random()();
    op.external_version = OneIn(2);
    op.leaves_tombstone = op.kind == LoggedOpKind::kDelete && OneIn(2);
    if (op.kind == LoggedOpKind::kUpsert) {
      op.document = RandomDocument(0);
    }
    if (op.kind == LoggedOpKind::kUpdateColumns) {
      for (uint64_t i = Uniform(5); i > 0; --i) {
        ColumnUpdate column{mapping::FieldId{static_cast<uint32_t>(Uniform(300))}, std::nullopt};
        if (!OneIn(3)) {
          column.value = Number();
        }
        op.columns.push_back(column);
      }
    }
    return op;
  }

  static std::string Encode(const ReplayedBatch& batch) {
    TranslogBatchEncoder encoder(batch.user_data);
    for (const ReplayedOp& op : batch.operations) {
      const LoggedOp logged{.index = op.index,
                            .key = op.key,
                            .version = op.version,
                            .seq_no = op.seq_no,
                            .row_hash = op.row_hash,
                            .external_version = op.external_version,
                            .leaves_tombstone = op.leaves_tombstone};
      switch (op.kind) {
        case LoggedOpKind::kUpsert:
          encoder.Upsert(logged, op.document);
          break;
        case LoggedOpKind::kDelete:
          encoder.Delete(logged);
          break;
        case LoggedOpKind::kUpdateColumns:
          encoder.UpdateColumns(logged, op.columns);
          break;
      }
    }
    EXPECT_EQ(encoder.operations(), batch.operations.size());
    return std::move(encoder).Finish();
  }

  static void ExpectEqual(const mapping::Document& a, const mapping::Document& b) {
    EXPECT_EQ(a.source.verbatim, b.source.verbatim);
    EXPECT_EQ(a.source.bytes, b.source.bytes);
    ASSERT_EQ(a.texts.size(), b.texts.size());
    for (size_t i = 0; i < a.texts.size(); ++i) {
      EXPECT_EQ(a.texts[i].field, b.texts[i].field);
      EXPECT_EQ(a.texts[i].text, b.texts[i].text);
    }
    ASSERT_EQ(a.numbers.size(), b.numbers.size());
    for (size_t i = 0; i < a.numbers.size(); ++i) {
      EXPECT_EQ(a.numbers[i].field, b.numbers[i].field);
      EXPECT_EQ(a.numbers[i].value, b.numbers[i].value);
    }
    ASSERT_EQ(a.children.size(), b.children.size());
    for (size_t i = 0; i < a.children.size(); ++i) {
      EXPECT_EQ(a.children[i].child_key, b.children[i].child_key);
      ExpectEqual(a.children[i], b.children[i]);
    }
  }

  static void ExpectEqual(const ReplayedOp& a, const ReplayedOp& b) {
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_EQ(a.index, b.index);
    EXPECT_EQ(a.key, b.key);
    EXPECT_EQ(a.version, b.version);
    EXPECT_EQ(a.seq_no, b.seq_no);
    EXPECT_EQ(a.row_hash, b.row_hash);
    EXPECT_EQ(a.external_version, b.external_version);
    EXPECT_EQ(a.leaves_tombstone, b.leaves_tombstone);
    ExpectEqual(a.document, b.document);
    ASSERT_EQ(a.columns.size(), b.columns.size());
    for (size_t i = 0; i < a.columns.size(); ++i) {
      EXPECT_EQ(a.columns[i].field, b.columns[i].field);
      EXPECT_EQ(a.columns[i].value, b.columns[i].value);
    }
  }
};

TEST_F(TranslogRecordTest, ABatchComesBackAsItWas) {
  for (uint64_t round = 0; round < Iterations(200); ++round) {
    ReplayedBatch batch;
    for (uint64_t i = Uniform(3); i > 0; --i) {
      batch.user_data[RandomBytes(10)] = RandomBytes(50);
    }
    for (uint64_t i = Uniform(20); i > 0; --i) {
      batch.operations.push_back(RandomOp());
    }
    const auto record = DecodeTranslogRecord(Encode(batch));
    ASSERT_OK(record);
    const auto& decoded = std::get<ReplayedBatch>(*record);
    EXPECT_EQ(decoded.user_data, batch.user_data);
    ASSERT_EQ(decoded.operations.size(), batch.operations.size());
    for (size_t i = 0; i < batch.operations.size(); ++i) {
      ExpectEqual(decoded.operations[i], batch.operations[i]);
    }
  }
}

TEST_F(TranslogRecordTest, AMappingComesBackAsItWas) {
  mapping::Mapping mapping;
  mapping::Field field;
  field.name = "price";
  field.kind = mapping::FieldKind::kLong;
  ASSERT_OK(mapping.AddField(field));
  const auto record = DecodeTranslogRecord(EncodeMappingChange(IndexId{77}, mapping));
  ASSERT_OK(record);
  const auto& change = std::get<ReplayedMapping>(*record);
  EXPECT_EQ(change.index, IndexId{77});
  EXPECT_EQ(change.mapping.ToJson(), mapping.ToJson());
}

TEST_F(TranslogRecordTest, DamagedPayloadsAreReadWithoutHarm) {
  for (uint64_t round = 0; round < Iterations(300); ++round) {
    ReplayedBatch batch;
    batch.operations = {RandomOp(), RandomOp()};
    std::string payload = Encode(batch);
    for (uint64_t i = 1 + Uniform(3); i > 0; --i) {
      payload[Uniform(payload.size())] = static_cast<char>(Uniform(256));
    }
    payload.resize(payload.size() - Uniform(payload.size()));
    const auto record = DecodeTranslogRecord(payload);
    if (!record.ok()) {
      EXPECT_EQ(record.status().code(), StatusCode::kCorruption);
    }
  }
}

TEST_F(TranslogRecordTest, ACountThatClaimsTooMuchIsCorruption) {
  std::string payload = Encode({{}, {}});
  payload.append("\x03\x00\x01\x01k\x02\x02\x00", 8);  // an update of columns, up to their number
  EXPECT_STATUS(DecodeTranslogRecord(payload + "\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
                kCorruption);
  EXPECT_OK(DecodeTranslogRecord(payload + '\0'));
}

TEST_F(TranslogRecordTest, UnknownKindsAreCorruption) {
  EXPECT_STATUS(DecodeTranslogRecord(""), kCorruption);
  EXPECT_STATUS(DecodeTranslogRecord("\x63"), kCorruption);
  std::string payload = Encode({{}, {}});
  EXPECT_STATUS(DecodeTranslogRecord(payload + std::string("\x04\x00\x01\x00\x00\x00\x00", 7)),
                kCorruption);
  EXPECT_STATUS(DecodeTranslogRecord(payload + std::string("\x02\x04\x01\x00\x00\x00\x00", 7)),
                kCorruption);
  EXPECT_STATUS(DecodeTranslogRecord(payload + std::string("\x03\x02\x01\x00\x00\x00\x00\x00", 8)),
                kCorruption)
      << "only a delete leaves a tombstone";
  EXPECT_OK(DecodeTranslogRecord(payload + std::string("\x03\x00\x01\x00\x00\x00\x00\x00", 8)));
  EXPECT_OK(DecodeTranslogRecord(payload + std::string("\x02\x03\x01\x00\x00\x00\x00", 7)));
  EXPECT_OK(DecodeTranslogRecord(payload + std::string("\x02\x01\x01\x00\x00\x00\x00", 7)));
}

}  // namespace
}  // namespace binseek::index::test
