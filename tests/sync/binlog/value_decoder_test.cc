// The decoders of single values, at their edges: decimals, temporals, binary JSON, compressed blocks, positions.
#include <gtest/gtest.h>
#include <zlib.h>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"
#include "sync/binlog/column_value.h"
#include "sync/binlog/compression.h"
#include "sync/binlog/decimal.h"
#include "sync/binlog/json_binary.h"
#include "sync/binlog/stream_position.h"
#include "sync/binlog/temporal.h"
#include "sync/mysql/value_text.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::binlog {
namespace {

// MySQL's packing, written from its description: groups of nine digits, big-endian, the sign in the first bit.
std::string PackDecimal(const std::string& digits, bool negative, int precision, int scale) {
  constexpr size_t kBytes[] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
  std::string out;
  const auto put = [&](const std::string& group) {
    const uint64_t number = group.empty() ? 0 : std::stoull(group);
    for (size_t i = kBytes[group.size()]; i-- > 0;) {
      out.push_back(static_cast<char>(number >> (8 * i)));
    }
  };
  const auto whole = static_cast<size_t>(precision - scale);
  put(digits.substr(0, whole % 9));
  for (size_t at = whole % 9; at < digits.size(); at += 9) {
    put(digits.substr(at, std::min<size_t>(9, (at < whole ? whole : digits.size()) - at)));
  }
  if (negative) {
    for (char& c : out) {
      c = static_cast<char>(~c);
    }
  }
  out[0] = static_cast<char>(out[0] ^ 0x80);
  return out;
}

class DecimalTest : public test::SeededTest {};

TEST_F(DecimalTest, EveryShapeReadsBackWhatWasPacked) {
  for (int precision = 1; precision <= 65; ++precision) {
    for (int scale = 0; scale <= std::min(30, precision); ++scale) {
      std::string digits;
      for (int i = 0; i < precision; ++i) {
        digits.push_back(static_cast<char>('0' + (OneIn(3) ? 0 : Uniform(10))));
      }
      const bool negative = OneIn(2);
      const std::string packed = PackDecimal(digits, negative, precision, scale);
      ASSERT_EQ(packed.size(), DecimalBytes(precision, scale)) << precision << "," << scale;
      std::string text = (negative ? "-" : "") + digits;
      if (scale > 0) {
        text.insert(text.size() - static_cast<size_t>(scale), ".");
      }
      std::string wanted;
      ASSERT_TRUE(mysql::NormalizeDecimal(text, &wanted));
      std::string decoded;
      ASSERT_TRUE(DecodeDecimal(packed, precision, scale, &decoded)) << text;
      EXPECT_EQ(decoded, wanted) << precision << "," << scale;
    }
  }
}

TEST_F(DecimalTest, GroupsAboveTheirDigitsAreRefused) {
  std::string out;
  EXPECT_FALSE(DecodeDecimal("\xff\xff\xff\xff", 9, 0, &out));
  EXPECT_FALSE(DecodeDecimal("\xff", 1, 0, &out));
  EXPECT_FALSE(IsDecimalShape(66, 0));
  EXPECT_FALSE(IsDecimalShape(5, 6));
  EXPECT_FALSE(IsDecimalShape(0, 0));
  EXPECT_FALSE(IsDecimalShape(40, 31));
}

std::string Temporal(WireType type, int scale, std::string_view bytes) {
  ByteReader reader(bytes);
  const change::Value value = DecodeTemporal(type, scale, &reader);
  return reader.ok() && reader.AtEnd() ? change::DebugString(value) : "bad";
}

TEST(TemporalTest, WireFormsBecomeValues) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(Temporal(WireType::kTime, 0, "\x80\0\0"sv), "0");
  EXPECT_EQ(Temporal(WireType::kTime, 0, "\x7f\xff\xff"sv), "-1000000");
  EXPECT_EQ(Temporal(WireType::kTime, 6, "\x7f\xff\xff\xff\xff\xff"sv), "-1");
  EXPECT_EQ(Temporal(WireType::kTimestamp, 0, "\0\0\0\x01"sv), "1000000");
  EXPECT_EQ(Temporal(WireType::kTimestamp, 3, "\0\0\0\x01\x13\x88"sv), "1500000");
  EXPECT_EQ(Temporal(WireType::kDateTime, 0, "\x80\0\0\0\0"sv), "0000-00-00 00:00:00.000000");
  EXPECT_EQ(Temporal(WireType::kDate, 0, "\0\0\0"sv), "0000-00-00");
  EXPECT_EQ(Temporal(WireType::kDate, 0, "\x22\xd4\x0f"sv), "2026-01-02");
  EXPECT_EQ(Temporal(WireType::kDateTime, 6, "\x80\0\0"sv), "bad");
}

TEST(OldTemporalTest, FormsOfOldBecomeTheSameValues) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(Temporal(WireType::kTimeOld, 0, "\x40\xe2\x01"sv),
            "45296000000");  // 12:34:56 as 123456
  EXPECT_EQ(Temporal(WireType::kTimeOld, 0, "\xc0\x1d\xfe"sv), "-45296000000");
  // 2026-01-02 03:04:05 as 20260102030405
  EXPECT_EQ(Temporal(WireType::kDateTimeOld, 0, "\x45\x44\x2f\x2c\x6d\x12\0\0"sv),
            "2026-01-02 03:04:05.000000");
  EXPECT_EQ(Temporal(WireType::kDateTimeOld, 0, "\xff\xff\xff\xff\xff\xff\xff\xff"sv), "bad");
  EXPECT_EQ(Temporal(WireType::kTimestampOld, 0, "\x01\0\0\0"sv), "1000000");
}

std::string Json(std::string_view bytes) {
  std::string text;
  const Status decoded = DecodeJsonBinary(bytes, &text);
  return decoded.ok() ? text : std::string(StatusCodeName(decoded.code()));
}

TEST(JsonBinaryTest, DocumentsBecomeText) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(Json(""), "null");
  EXPECT_EQ(Json("\x04\x01"sv), "true");
  EXPECT_EQ(Json("\x05\xff\xff"sv), "-1");
  EXPECT_EQ(Json("\x0c\x03"
                 "a\"b"sv),
            R"("a\"b")");
  EXPECT_EQ(Json("\x02\0\0\x04\0"sv), "[]");
  // {"a":1,"b":[true,"x"]}: MySQL's layout by hand
  const std::string_view object =
      "\0\x02\0\x20\0\x12\0\x01\0\x13\0\x01\0\x05\x01\0\x02\x14\0"
      "ab\x02\0\x0c\0\x04\x01\0\x0c\x0a\0\x01x"sv;
  EXPECT_EQ(Json(object), R"({"a":1,"b":[true,"x"]})");
}

// MySQL's own base64 has lines; expectations are what MySQL 9.7 selects.
TEST(JsonBinaryTest, LongBytesAreBrokenIntoLinesAsTheServerDoes) {
  const auto opaque = [](size_t bytes) {
    std::string value = "\x0f\xfd";
    if (bytes >= 128) {
      value.push_back(static_cast<char>(0x80 | (bytes & 0x7f)));
    }
    value.push_back(static_cast<char>(bytes >= 128 ? bytes >> 7 : bytes));
    return Json(value + std::string(bytes, 'x'));
  };
  const std::string prefix = "\"base64:type253:";
  const auto repeated = [](int times) {
    std::string text;
    for (int i = 0; i < times; ++i) {
      text += "eHh4";
    }
    return text;
  };
  const std::string line = repeated(19);
  EXPECT_EQ(opaque(57), prefix + line + "\"");
  EXPECT_EQ(opaque(58), prefix + line + "\\neA==\"");
  EXPECT_EQ(opaque(114), prefix + line + "\\n" + line + "\"");
  EXPECT_EQ(opaque(200),
            prefix + line + "\\n" + line + "\\n" + line + "\\n" + repeated(9) + "eHg=\"");
}

TEST(JsonBinaryTest, BytesThatAreNoDocumentAreCorruption) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view bad :
       {"\x04"sv, "\x04\x03"sv, "\x05\x01"sv, "\x0c\x05x"sv, "\x0d"sv, "\x02\x01\0\xff\xff"sv,
        "\x02\x01\0\x07\0\x02\0\0"sv, "\x0b\0\0\0\0\0\0\xf0\x7f"sv, "\x0c\xff\xff\xff\xff\xff"sv}) {
    EXPECT_EQ(Json(bad), "CORRUPTION");
  }
}

TEST(JsonBinaryTest, ValuesThatShareBytesDoNotMultiply) {
  // An array whose entries all point at the array behind them, over and over: exponential if it were printed.
  std::string levels(1, '\x02');
  constexpr int kLevels = 30;
  constexpr int kEntries = 8;
  constexpr int kLevelBytes = 4 + 3 * kEntries;
  for (int level = 0; level < kLevels; ++level) {
    PutU16(&levels, kEntries);
    PutU16(&levels, static_cast<uint16_t>(kLevelBytes * (kLevels - level)));
    for (int i = 0; i < kEntries; ++i) {
      levels.push_back(level + 1 < kLevels ? '\x02' : '\x04');
      PutU16(&levels, level + 1 < kLevels ? kLevelBytes : 1);
    }
  }
  EXPECT_EQ(Json(levels), "CORRUPTION");
}

TEST(JsonBinaryTest, KeysThatShareBytesDoNotMultiply) {
  // A large object whose members, small enough to lie in their entries, all have the same key of 64 KiB.
  constexpr uint32_t kMembers = 3000;
  constexpr uint32_t kKeyBytes = 65'535;
  constexpr uint32_t kKeyAt = 8 + kMembers * 11;
  std::string object(1, '\x01');
  PutU32(&object, kMembers);
  PutU32(&object, kKeyAt + kKeyBytes);
  for (uint32_t i = 0; i < kMembers; ++i) {
    PutU32(&object, kKeyAt);
    PutU16(&object, kKeyBytes);
  }
  for (uint32_t i = 0; i < kMembers; ++i) {
    object.push_back('\x04');
    PutU32(&object, 1);
  }
  object.append(kKeyBytes, 'k');
  std::string text;
  const Status decoded = DecodeJsonBinary(object, &text);
  EXPECT_STATUS(decoded, kCorruption);
  EXPECT_NE(decoded.message().find("more text than its bytes can hold"), std::string::npos);
  EXPECT_LT(text.size(), object.size() * 20) << "given up late";
}

TEST(ColumnPlanTest, LabelsOfTheBinaryCharacterSetAreTakenForUtf8) {
  for (const WireType type : {WireType::kEnum, WireType::kSet}) {
    WireColumn wire;
    wire.type = type;
    wire.length = 1;
    wire.collation = 63;
    wire.labels = {"a", "caf\xC3\xA9", "\xFF"};
    change::Column column;
    column.name = "v";
    column.type = type == WireType::kEnum ? change::ColumnType::kEnum : change::ColumnType::kSet;
    column.charset = "binary";
    const auto plan = MakeColumnPlan(wire, column, false);
    ASSERT_OK(plan);
    EXPECT_EQ(plan->labels, (std::vector<std::string>{"a", "caf\xC3\xA9", "\xEF\xBF\xBD"}));
  }
}

TEST(CompressionTest, MariadbBlocksInflateWithinTheLimit) {
  const std::string text(10'000, 'x');
  std::string packed(compressBound(text.size()), '\0');
  uLongf size = packed.size();
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()), &size,
                     reinterpret_cast<const Bytef*>(text.data()), text.size()),
            Z_OK);
  packed.resize(size);
  const std::string block = std::string("\x82") + static_cast<char>(text.size() >> 8) +
                            static_cast<char>(text.size() & 255) + packed;
  std::string out;
  ASSERT_OK(InflateMariadb(block, 10'000, &out));
  EXPECT_EQ(out, text);
  EXPECT_STATUS(InflateMariadb(block, 9'999, &out), kResourceExhausted);
  for (size_t cut = 0; cut < block.size(); ++cut) {
    EXPECT_STATUS(InflateMariadb(std::string_view(block).substr(0, cut), 10'000, &out), kCorruption)
        << cut;
  }
  std::string lies = block;
  lies[2] = 1;  // claims another length
  EXPECT_STATUS(InflateMariadb(lies, 100'000, &out), kCorruption);
}

TEST(StreamPositionTest, CountsBeyondFourGigabytes) {
  StreamPosition position;
  position.MoveTo("binlog.000001", 4);
  EventHeader header;
  header.type = EventType::kQuery;
  header.size = 100;
  header.log_pos = 0xffffff00;
  position.Pass(header);
  header.log_pos = 0x64;  // wrapped
  position.Pass(header);
  EXPECT_EQ(position.position().offset, (uint64_t{1} << 32) + 0x64);
  EXPECT_EQ(position.BeginOf(header), (change::BinlogPosition{"binlog.000001", 1ULL << 32}));
  header.log_pos = 0x60;  // an event sent again moves nothing back
  position.Pass(header);
  EXPECT_EQ(position.position().offset, (uint64_t{1} << 32) + 0x64);
  header.log_pos = 0;  // not told: the size counts
  position.Pass(header);
  EXPECT_EQ(position.position().offset, (uint64_t{1} << 32) + 0x64 + 100);
  EXPECT_EQ(position.BeginOf(header).offset, (uint64_t{1} << 32) + 0x64);
  header.flags = kFlagArtificial;
  position.Pass(header);
  EXPECT_EQ(position.position().offset, (uint64_t{1} << 32) + 0x64 + 100);
  position.Hear({"binlog.000001", (uint64_t{7} << 32) + 3});
  EXPECT_EQ(position.position().offset, (uint64_t{7} << 32) + 3);
  position.Hear({"binlog.000001", (uint64_t{6} << 32) + 3});  // an event overtook it
  EXPECT_EQ(position.position().offset, (uint64_t{7} << 32) + 3);
  position.Hear({"binlog.000001", 0});
  EXPECT_EQ(position.position().offset, (uint64_t{7} << 32) + 3);
  position.Hear({"binlog.000002", 500});
  EXPECT_EQ(position.position(), (change::BinlogPosition{"binlog.000002", 500}));
}

}  // namespace
}  // namespace binseek::binlog
