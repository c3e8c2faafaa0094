// The texts that MySQL 5.7 to 9.7 and MariaDB 10.3 to 11.8 send with error 1236.
#include "sync/binlog/dump_errors.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace binseek::binlog {
namespace {

TEST(DumpErrorsTest, AHistoryIsGoneWhereTheServerCanNeverGoOnFromThere) {
  for (const char* text :
       {"Could not find first log file name in binary log index file",
        "Could not find first log file name in binary log index file while looking for the oldest "
        "binary log that contains any GTID that is not in the given gtid set",
        "Client requested master to start replication from impossible position; the first event "
        "'binlog.000001' at 4711, the last event read from 'binlog.000001' at 4",
        "Client requested source to start replication from position > file size",
        "Cannot replicate because the source purged required binary logs. Replicate the missing "
        "transactions from elsewhere, or provision a new replica from backup.",
        "Cannot replicate because the master purged required binary logs.",
        "The slave is connecting using CHANGE MASTER TO MASTER_AUTO_POSITION = 1, but the master "
        "has purged binary logs containing GTIDs that the slave requires.",
        "Slave has more GTIDs than the master has, using the master's SERVER_UUID.",
        "Replica has more GTIDs than the source has, using the source's SERVER_UUID.",
        "The replication sender thread cannot start in AUTO_POSITION mode: this server has "
        "GTID_MODE = OFF_PERMISSIVE instead of ON.",
        "Cannot replicate anonymous transaction when AUTO_POSITION = 1, at file ./binlog.000002, "
        "position 4711.",
        "Could not find GTID state requested by slave in any binlog files. Probably the slave "
        "state "
        "is too old and required binlog files have been purged.",
        "Error: connecting slave requested to start from GTID 0-1-99, which is not in the master's "
        "binlog",
        "The binlog on the master is missing the GTID 0-1-7 requested by the slave (even though a "
        "subsequent sequence number does exist), and GTID strict mode is enabled"}) {
    EXPECT_TRUE(IsHistoryGone(std::string("binlog dump: ") + text + " (error 1236, HY000)"))
        << text;
  }
}

TEST(DumpErrorsTest, WhatCannotBeReadNowSaysNothingOfTheHistory) {
  for (const char* text :
       {"", "log event entry exceeded max_allowed_packet; Increase max_allowed_packet on source",
        "binlog truncated in the middle of event; consider out of disk space on master; the first "
        "event 'binlog.000001' at 4, the last event read from 'binlog.000001' at 4711",
        "event read from binlog did not pass crc check", "bogus data in log event",
        "I/O error reading log event", "memory allocation failed reading log event",
        "Could not open log file", "could not find next log", "Binary log is not open",
        "Failed to load replication slave GTID state",
        "Failed to read Gtid_list_log_event: corrupt binlog",
        "Misconfigured master - server id was not set", "a text of a later version"}) {
    EXPECT_FALSE(IsHistoryGone(std::string("binlog dump: ") + text + " (error 1236, HY000)"))
        << text;
  }
}

TEST(DumpErrorsTest, FailuresAtOnePlaceAreEndedAndOthersAreNot) {
  DumpFailures failures;
  const Status why = Status::Unavailable("bogus data in log event");
  for (uint64_t ordinal = 1; ordinal <= 100; ++ordinal) {
    EXPECT_OK(failures.Take(ordinal, {"binlog.000001", 4}, why));
  }
  for (int i = 0; i < DumpFailures::kMost; ++i) {
    EXPECT_OK(failures.Take(101, {"binlog.000001", 4711}, why)) << i;
  }
  const Status ended = failures.Take(101, {"binlog.000001", 4711}, why);
  EXPECT_STATUS(ended, kAborted);
  EXPECT_NE(ended.message().find("binlog.000001:4711"), std::string::npos) << ended;
  EXPECT_NE(ended.message().find("bogus data"), std::string::npos) << ended;
}

}  // namespace
}  // namespace binseek::binlog
