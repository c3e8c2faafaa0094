// Where transactions begin, what recognises them, and streams that have the last one once more.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/base/coding.h"
#include "sync/binlog/event_decoder.h"
#include "sync/binlog/history_check.h"
#include "sync/binlog/reconnect_backoff.h"
#include "sync/binlog/transaction_assembler.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/binlog/captured_stream.h"

namespace binseek::binlog {
namespace {

using std::chrono::milliseconds;
using std::string_literals::operator""s;

class HistoryTest : public ::testing::TestWithParam<bool> {
 protected:
  bool mariadb() const { return GetParam(); }

  EventHeader Header(const CapturedEvent& event) {
    const auto split = SplitEvent(event.bytes, true);
    EXPECT_OK(split);
    return split->header;
  }

  // Reads the whole stream; `first_events_` gets the number of each transaction's first event.
  std::vector<change::Transaction> ReadAll() {
    CapturedTables tables(mariadb());
    TransactionAssembler assembler(tables.Options());
    assembler.BeginStream(true);
    std::vector<change::Transaction> transactions;
    size_t first = 0;
    for (size_t i = 0; i < events_.size(); ++i) {
      const EventType type = Header(events_[i]).type;
      if (type == EventType::kGtid || type == EventType::kGtidTagged ||
          type == EventType::kMariadbGtid) {
        first = i;
      }
      auto fed = assembler.Feed(events_[i].bytes);
      EXPECT_OK(fed);
      if (fed.ok() && fed->has_value()) {
        tables.See(**fed);
        transactions.push_back(*std::move(*fed));
        first_events_.push_back(first);
      }
    }
    return transactions;
  }

  static LastTransaction LastOf(const change::Transaction& transaction) {
    return {transaction.position.gtid, transaction.begin, transaction.fingerprint};
  }

  // A stream that stands behind transaction `n` and has it once more, as a server gives it.
  Result<std::vector<change::Transaction>> ReadFrom(const std::vector<change::Transaction>& all,
                                                    size_t n, const LastTransaction& last,
                                                    HistoryCheck::By by) {
    CapturedTables tables(mariadb());
    AssemblerOptions options = tables.Options();
    for (size_t i = 0; i <= n; ++i) {
      tables.See(all[i]);
      BINSEEK_RETURN_IF_ERROR(options.start.Advance(all[i].position));
    }
    options.next_ordinal = change::LastOrdinalOf(all[n]) + 1;
    options.prepared = all[n].prepared;
    TransactionAssembler assembler(options);
    assembler.BeginStream(true);
    assembler.ExpectAgain(last, by);
    std::vector<change::Transaction> transactions;
    for (size_t i = 0; i < events_.size(); ++i) {
      const bool opens_a_file =
          events_[i].name == "ROTATE" || events_[i].name == "FORMAT_DESCRIPTION";
      if (i < first_events_[n] && !opens_a_file) {
        continue;
      }
      BINSEEK_ASSIGN_OR_RETURN(auto fed, assembler.Feed(events_[i].bytes));
      if (fed) {
        tables.See(*fed);
        transactions.push_back(*std::move(fed));
      }
    }
    EXPECT_FALSE(assembler.check().pending());
    return transactions;
  }

  const std::vector<CapturedEvent> events_ = ReadCaptured(GetParam());
  std::vector<size_t> first_events_;
};

TEST_P(HistoryTest, ATransactionBeginsWhereItsFirstEventDoes) {
  const auto all = ReadAll();
  ASSERT_GE(all.size(), 15U);
  for (size_t i = 0; i < all.size(); ++i) {
    const EventHeader header = Header(events_[first_events_[i]]);
    EXPECT_EQ(all[i].begin.offset, header.log_pos - header.size) << all[i].position.gtid;
    EXPECT_EQ(all[i].begin.file, all[i].position.end.file);
    EXPECT_LT(all[i].begin, all[i].position.end);
  }
}

TEST_P(HistoryTest, ATransactionReadAgainBeginsWhereItDidBehindOthersThatDidNotCome) {
  const auto all = ReadAll();
  for (size_t n = 0; n + 1 < all.size(); ++n) {
    const auto rest = ReadFrom(all, n, LastOf(all[n]), HistoryCheck::By::kGtid);
    ASSERT_OK(rest);
    ASSERT_EQ(rest->size(), all.size() - n - 1);
    EXPECT_EQ(rest->front().begin, all[n + 1].begin);
  }
}

TEST_P(HistoryTest, TheLastTransactionComesOnceMoreAndIsNotHandedOutTwice) {
  const auto all = ReadAll();
  for (const auto by : {HistoryCheck::By::kGtid, HistoryCheck::By::kPlace}) {
    for (size_t n = 0; n < all.size(); ++n) {
      const auto rest = ReadFrom(all, n, LastOf(all[n]), by);
      ASSERT_OK(rest) << all[n].position.gtid;
      ASSERT_EQ(rest->size(), all.size() - n - 1);
      for (size_t i = 0; i < rest->size(); ++i) {
        const change::Transaction& once = all[n + 1 + i];
        const change::Transaction& again = (*rest)[i];
        EXPECT_EQ(again.ordinal, once.ordinal);
        EXPECT_EQ(again.position.gtid, once.position.gtid);
        EXPECT_EQ(again.position.end, once.position.end);
        EXPECT_EQ(again.begin, once.begin);
        EXPECT_EQ(again.fingerprint, once.fingerprint);
        EXPECT_EQ(again.rows->size(), once.rows->size());
        EXPECT_EQ(again.table_events.size(), once.table_events.size());
        EXPECT_EQ(again.prepared == nullptr, once.prepared == nullptr);
      }
    }
  }
}

TEST_P(HistoryTest, AnotherTransactionUnderTheSameNameIsRewrittenHistory) {
  const auto all = ReadAll();
  for (const auto by : {HistoryCheck::By::kGtid, HistoryCheck::By::kPlace}) {
    for (size_t n = 0; n < all.size(); ++n) {
      for (int part = 0; part < 3; ++part) {
        LastTransaction last = LastOf(all[n]);
        last.fingerprint.commit_time_us += part == 0 ? 1 : 0;
        last.fingerprint.length += part == 1 ? 1 : 0;
        last.fingerprint.crc32c ^= part == 2 ? 1U : 0U;
        const auto rest = ReadFrom(all, n, last, by);
        EXPECT_STATUS(rest, kNotFound);
        EXPECT_NE(rest.status().message().find(last.gtid), std::string::npos) << rest.status();
      }
    }
  }
}

TEST_P(HistoryTest, AnotherTransactionInItsPlaceIsRewrittenHistory) {
  const auto all = ReadAll();
  for (size_t n = 0; n < all.size(); ++n) {
    LastTransaction elsewhere = LastOf(all[n]);
    elsewhere.begin.offset -= 1;
    EXPECT_STATUS(ReadFrom(all, n, elsewhere, HistoryCheck::By::kPlace), kNotFound);
    LastTransaction other = LastOf(all[n]);
    other.gtid = all[n == 0 ? 1 : 0].position.gtid;
    EXPECT_STATUS(ReadFrom(all, n, other, HistoryCheck::By::kPlace), kNotFound);
  }
}

TEST_P(HistoryTest, AHeartbeatInItsPlaceTellsThatNothingIsThere) {
  const auto all = ReadAll();
  TransactionAssembler assembler(CapturedTables(mariadb()).Options());
  assembler.BeginStream(false);
  std::string heartbeat;
  PutU32(&heartbeat, 0);
  PutU8(&heartbeat, static_cast<uint8_t>(EventType::kHeartbeat));
  PutU32(&heartbeat, 1);
  PutU32(&heartbeat, static_cast<uint32_t>(kEventHeaderBytes) + 13);
  PutU32(&heartbeat, 500);
  PutU16(&heartbeat, 0);
  heartbeat += "binlog.000001";
  assembler.ExpectAgain(LastOf(all[0]), HistoryCheck::By::kGtid);
  EXPECT_OK(
      assembler.Feed(heartbeat));  // where others are passed over, they are all there is to hear
  assembler.ExpectAgain(LastOf(all[0]), HistoryCheck::By::kPlace);
  EXPECT_STATUS(assembler.Feed(heartbeat), kNotFound);
}

INSTANTIATE_TEST_SUITE_P(Servers, HistoryTest, ::testing::Bool(),
                         [](const auto& which) { return which.param ? "mariadb" : "mysql"; });

// One transaction as different members of a topology log it.
class FingerprintTest : public ::testing::Test {
 protected:
  static std::string MakeEvent(EventType type, std::string_view body) {
    std::string event;
    PutU32(&event, 1'700'000'000);
    PutU8(&event, static_cast<uint8_t>(type));
    PutU32(&event, 1);
    PutU32(&event, static_cast<uint32_t>(kEventHeaderBytes + body.size()));
    PutU32(&event, 0);
    PutU16(&event, 0);
    event += body;
    return event;
  }

  static std::string Gtid(uint64_t immediate, std::optional<uint64_t> original) {
    std::string body =
        "\0"s + std::string(16, '\x11') + "\x05\0\0\0\0\0\0\0"s + "\x02" + std::string(16, '\0');
    const auto put7 = [&](uint64_t value) {
      for (int i = 0; i < 7; ++i) {
        body.push_back(static_cast<char>(value >> (8 * i)));
      }
    };
    put7(immediate | (original ? uint64_t{1} << 55 : 0));
    if (original) {
      put7(*original);
    }
    return MakeEvent(EventType::kGtid, body);
  }

  static std::string Map(char id, std::string_view database, std::string_view table,
                         std::string_view metadata = {}) {
    std::string body(1, id);
    body += "\0\0\0\0\0\x01\0"s;
    for (const std::string_view name : {database, table}) {
      PutU8(&body, static_cast<uint8_t>(name.size()));
      body += name;
      body.push_back('\0');
    }
    body += "\x01\x03\0\xff"s;
    body += metadata;
    return MakeEvent(EventType::kTableMap, body);
  }

  static std::string Rows(EventType type, char id, std::string_view rows) {
    std::string body(1, id);
    body += "\0\0\0\0\0\x01\0\x02\0\x01\xff"s;
    body += type == EventType::kUpdateRows ? "\xff"s : ""s;
    body += rows;
    return MakeEvent(type, body);
  }

  change::Fingerprint Of(std::vector<std::string> events) {
    AssemblerOptions options;
    options.schema_provider = [](std::string_view, std::string_view) { return nullptr; };
    options.captures_database = [](std::string_view database) {
      return database == "shop" || database == "SHOP";
    };
    TransactionAssembler assembler(options);
    assembler.BeginStream(false);
    events.push_back(MakeEvent(EventType::kXid, std::string(8, '\0')));
    for (const std::string& event : events) {
      auto fed = assembler.Feed(event);
      EXPECT_OK(fed);
      if (fed.ok() && fed->has_value()) {
        return (*fed)->fingerprint;
      }
    }
    ADD_FAILURE() << "no transaction";
    return {};
  }

  const std::string row_ = "\0\x01\0\0\0"s;
};

TEST_F(FingerprintTest, IsTheSameHoweverAMemberOfTheTopologyLogsIt) {
  const auto source = Of(
      {Gtid(1000, std::nullopt), Map(7, "shop", "t"), Rows(EventType::kWriteRows, 7, row_ + row_)});
  EXPECT_EQ(source.commit_time_us, 1000);
  // Another commit time of its own, another table id, more of metadata, two events for one, names in another case, rows of databases that
  // are not captured left out.
  EXPECT_EQ(source,
            Of({Gtid(2000, 1000), Map(9, "SHOP", "T", "\x01\x01\0"s),
                Rows(EventType::kWriteRows, 9, row_), Rows(EventType::kWriteRows, 9, row_)}));
  EXPECT_EQ(source,
            Of({Gtid(2000, 1000), Map(3, "log", "l"), Map(9, "shop", "t"),
                Rows(EventType::kDeleteRows, 3, row_), Rows(EventType::kWriteRows, 9, row_)}));
}

TEST_F(FingerprintTest, TellsWhenAndWhatElseWasCommitted) {
  const std::string map = Map(7, "shop", "t");
  const auto source = Of({Gtid(1000, std::nullopt), map, Rows(EventType::kWriteRows, 7, row_)});
  const auto differs = [&](const std::vector<std::string>& events) {
    return !(Of(events) == source);
  };
  EXPECT_TRUE(differs({Gtid(1001, std::nullopt), map, Rows(EventType::kWriteRows, 7, row_)}));
  EXPECT_TRUE(differs({Gtid(1000, 0), map, Rows(EventType::kWriteRows, 7, row_)}));
  EXPECT_TRUE(differs({Gtid(1000, std::nullopt), map, Rows(EventType::kDeleteRows, 7, row_)}));
  EXPECT_TRUE(differs(
      {Gtid(1000, std::nullopt), Map(7, "shop", "u"), Rows(EventType::kWriteRows, 7, row_)}));
  EXPECT_TRUE(differs({Gtid(1000, std::nullopt)}));  // a filter emptied it
}

TEST_F(FingerprintTest, ATimeThatNobodyKnowsIsNoneWhicheverMemberTellsIt) {
  EXPECT_EQ(Of({Gtid(1000, 0)}), Of({Gtid(2000, 0)}));
}

TEST(ReconnectBackoffTest, PausesBeginAnewBehindAGoodConnection) {
  ReconnectBackoff backoff({milliseconds(100), milliseconds(1000), milliseconds(60000)});
  ReconnectBackoff::TimePoint now{std::chrono::hours(1)};
  for (int i = 0; i < 10; ++i) {
    const milliseconds full(std::min(100 << i, 1000));
    const milliseconds pause = backoff.Next(now, false);
    EXPECT_LE(pause, full);
    EXPECT_GE(pause, full / 2);
  }
  backoff.Trust();
  EXPECT_LE(backoff.Next(now, false), milliseconds(100));
}

TEST(ReconnectBackoffTest, SilenceMayLastLongerEveryTimeUntilAConnectionIsGood) {
  ReconnectBackoff backoff(
      {milliseconds(100), milliseconds(1000), milliseconds(60000), milliseconds(10)});
  EXPECT_EQ(backoff.silence_limit(), milliseconds(10));
  for (const int limit : {20, 40, 80, 80}) {
    backoff.Silent();
    EXPECT_EQ(backoff.silence_limit(), milliseconds(limit));
  }
  backoff.Trust();
  EXPECT_EQ(backoff.silence_limit(), milliseconds(10));
}

TEST(ReconnectBackoffTest, AClashOfIdsIsNoReasonToComeBackAtOnceUntilAConnectionLasts) {
  ReconnectBackoff backoff({milliseconds(100), milliseconds(1000), milliseconds(60000)});
  ReconnectBackoff::TimePoint now{std::chrono::hours(1)};
  for (int i = 0; i < 10; ++i) {
    backoff.Connected(now);
    backoff.Trust();
    now += milliseconds(500);
    const milliseconds pause = backoff.Next(now, true);
    EXPECT_GE(pause, milliseconds(std::min(100 << i, 1000)) / 2);
    now += pause;
  }
  backoff.Connected(now);
  EXPECT_LE(backoff.Next(now + milliseconds(60001), true), milliseconds(100));
}

}  // namespace
}  // namespace binseek::binlog
