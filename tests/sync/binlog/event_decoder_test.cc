// Single events, built by hand: those that no captured stream holds are marked "not seen from a server".
#include "sync/binlog/event_decoder.h"

#include <gtest/gtest.h>

#include "engine/base/coding.h"
#include "tests/support/status_matchers.h"

namespace binseek::binlog {
namespace {

using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;

TEST(QueryEventTest, TellsHowItsTextIsRead) {
  std::string body(8, '\0');  // thread, seconds
  const std::string variables =
      "\0\0\0\0\0"s                // flags
      "\x01\x04\0\x10\0\0\0\0\0"s  // ANSI_QUOTES, NO_BACKSLASH_ESCAPES
      "\x06\x03std"s               // catalog
      "\x03\x01\0\x01\0"s          // increments
      "\x04\x1c\0\x1c\0\x2d\0"s    // character sets: gbk first
      "\x05\x03UTC"s               // time zone
      "\x63?"s;                    // what is not known ends the list
  PutU8(&body, 4);
  PutU16(&body, 0);
  PutU16(&body, static_cast<uint16_t>(variables.size()));
  body += variables + std::string("shop\0", 5) + "DROP TABLE x";
  const auto query = DecodeQuery(body, false);
  ASSERT_OK(query);
  EXPECT_EQ(query->sql_mode, uint64_t{0x100004});
  EXPECT_EQ(query->client_collation, 28U);
  EXPECT_EQ(query->database, "shop");
  EXPECT_EQ(query->sql, "DROP TABLE x");
}

TEST(HeartbeatTest, TellsPositionsOfSixtyFourBits) {
  constexpr uint64_t kFar = (uint64_t{5} << 32) + 7;
  Event event;
  event.header.type = EventType::kHeartbeat;
  event.header.log_pos = 1234;
  event.body = "binlog.000007";
  auto heartbeat = DecodeHeartbeat(event, false);
  ASSERT_OK(heartbeat);
  EXPECT_EQ(heartbeat->file, "binlog.000007");
  EXPECT_EQ(heartbeat->position, 1234U);
  // MariaDB beyond 4 GiB; not seen from a server.
  std::string body;
  PutU64(&body, kFar);
  body += "binlog.000007";
  event.header.log_pos = 0;
  event.body = body;
  heartbeat = DecodeHeartbeat(event, true);
  ASSERT_OK(heartbeat);
  EXPECT_EQ(heartbeat->file, "binlog.000007");
  EXPECT_EQ(heartbeat->position, kFar);
  // MySQL's second form, which has to be asked for; not seen from a server.
  event.header.type = EventType::kHeartbeatV2;
  body = std::string("\x01\x0d", 2) + "binlog.000007" + std::string("\x02\x09\xfe", 3);
  PutU64(&body, kFar);
  body += std::string("\x63\x01?\0", 4);  // a field of later versions, and the end
  event.body = body;
  heartbeat = DecodeHeartbeat(event, false);
  ASSERT_OK(heartbeat);
  EXPECT_EQ(heartbeat->file, "binlog.000007");
  EXPECT_EQ(heartbeat->position, kFar);
  event.body = event.body.substr(0, 20);
  EXPECT_STATUS(DecodeHeartbeat(event, false), kCorruption);
}

TEST(GtidEventTest, TailsOfEveryVersionAreRead) {
  // The first form has no more than flags, uuid and number; a length above 2^24 takes nine bytes.
  std::string body = std::string(1, '\0') + std::string(16, '\x11') + "\x05\0\0\0\0\0\0\0"s;
  auto gtid = DecodeGtid(body);
  ASSERT_OK(gtid);
  EXPECT_EQ(gtid->gno, 5U);
  EXPECT_EQ(gtid->transaction_length, 0U);
  body += "\x02" + std::string(16, '\0');
  ASSERT_OK(DecodeGtid(body));
  body += "\x01\0\0\0\0\0\x80"s + "\x02\0\0\0\0\0\0"s;  // immediate with bit 55, original
  body += "\xfe"s + "\0\0\0\0\x01\0\0\0"s + "\x80\x16\x01\0"s;
  gtid = DecodeGtid(body);
  ASSERT_OK(gtid);
  EXPECT_EQ(gtid->immediate_commit_us, 1);
  EXPECT_EQ(gtid->original_commit_us, 2);
  EXPECT_EQ(gtid->transaction_length, uint64_t{1} << 32);
}

TEST(RowsFragmentTest, IsReadAndBounded) {
  const auto fragment = DecodeRowsFragment("\x02\0\0\0\x01\0\0\0\x01\x64\0\0\0\0\0\0\0xyz"sv);
  ASSERT_OK(fragment);
  EXPECT_EQ(fragment->count, 2U);
  EXPECT_EQ(fragment->number, 1U);
  EXPECT_EQ(fragment->bytes, "xyz");
  EXPECT_STATUS(DecodeRowsFragment("\x02\0\0\0\x03\0\0\0\0x"sv), kCorruption);
  EXPECT_STATUS(DecodeRowsFragment("\x02\0\0\0\0\0\0\0\0x"sv), kCorruption);
  EXPECT_STATUS(DecodeRowsFragment("\x02\0\0\0\x01\0\0\0\x01"sv), kCorruption);
}

TEST(XaNameTest, EventAndStatementAgree) {
  const auto prepare = DecodeXaPrepare("\0\x07\0\0\0\x02\0\0\0\x01\0\0\0ab\xff"sv);
  ASSERT_OK(prepare);
  EXPECT_FALSE(prepare->one_phase);
  EXPECT_EQ(prepare->name, "7,6162,ff");
  EXPECT_STATUS(DecodeXaPrepare("\0\x07\0\0\0\xff\0\0\0\x01\0\0\0ab"sv), kCorruption);
}

}  // namespace
}  // namespace binseek::binlog
