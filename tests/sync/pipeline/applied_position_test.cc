#include "sync/pipeline/applied_position.h"

#include <gmock/gmock.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/status_matchers.h"

namespace binseek::pipeline {
namespace {

using change::Flavor;
using change::SourcePosition;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

constexpr char kUuid[] = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
constexpr char kOther[] = "00000000-0000-0000-0000-000000000001";
// Longer than any test: a waiter that is not woken makes it fail by its time.
constexpr seconds kLong{60};

SourcePosition Mysql(const std::string& gtids, const std::string& file = "binlog.000007",
                     uint64_t offset = 1000) {
  SourcePosition position;
  position.gtids = *change::GtidSet::Parse(gtids);
  position.binlog = {file, offset};
  return position;
}

SourcePosition Mariadb(const std::string& gtids) {
  SourcePosition position;
  position.flavor = Flavor::kMariadb;
  position.mariadb_gtids = *change::MariadbGtidPosition::Parse(gtids);
  position.binlog = {"mariadb-bin.000002", 500};
  return position;
}

AwaitedPosition Gtid(const std::string& text) {
  auto awaited = AwaitedPosition::ParseGtid(text);
  EXPECT_OK(awaited);
  return *std::move(awaited);
}

AwaitedPosition Place(const std::string& text) {
  auto awaited = AwaitedPosition::ParseBinlog(text);
  EXPECT_OK(awaited);
  return *std::move(awaited);
}

TEST(AwaitedPositionTest, IsToldApartFromItsText) {
  const std::string uuid = kUuid;
  for (const auto& [text, shown] : std::vector<std::pair<std::string, std::string>>{
           {uuid + ":7", uuid + ":7"},
           {uuid + ":batch:7", uuid + ":batch:7"},
           {"3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5:9,\n" + std::string(kOther) + ":3",
            std::string(kOther) + ":3," + uuid + ":1-5:9"},
           {"0-1011-15", "0-1011-15"},
           {"7-1-1,0-1011-15", "0-1011-15,7-1-1"}}) {
    EXPECT_EQ(Gtid(text).ToString(), shown);
  }
  EXPECT_EQ(Place("binlog.000007:1234").ToString(), "binlog.000007:1234");
}

TEST(AwaitedPositionTest, SaysWhatItCannotRead) {
  for (const char* text :
       {"", " ", ",", ":", "7", "0-1011", "0-1011-x", "0-1-1,0-1-2", kUuid, "3e11fa47:7",
        "3e11fa47-71ca-11e1-9e33-c80aa9429562:0", "3e11fa47-71ca-11e1-9e33-c80aa9429562:9-7x"}) {
    EXPECT_STATUS(AwaitedPosition::ParseGtid(text), kInvalidArgument) << text;
  }
  EXPECT_THAT(AwaitedPosition::ParseGtid("yesterday").status().message(),
              HasSubstr("a GTID is uuid:number or uuid:tag:number (MySQL) or "
                        "domain-server-number (MariaDB)"));
  for (const char* text :
       {"", "binlog.000007", "binlog.000007:", ":4", "binlog.000007:4x", "binlog.000007:-4",
        "binlog:4", "binlog.:4", ".000007:4", "binlog.000007:99999999999999999999"}) {
    EXPECT_STATUS(AwaitedPosition::ParseBinlog(text), kInvalidArgument) << text;
  }
}

TEST(AwaitedPositionTest, IsInWhatHoldsAllOfIt) {
  const std::string uuid = kUuid;
  const SourcePosition at = Mysql(uuid + ":1-5:7:batch:1-2");
  for (const auto& [text, in] :
       std::vector<std::pair<std::string, bool>>{{uuid + ":5", true},
                                                 {uuid + ":6", false},
                                                 {uuid + ":7", true},
                                                 {uuid + ":8", false},
                                                 {uuid + ":1-5", true},
                                                 {uuid + ":1-6", false},
                                                 {uuid + ":batch:2", true},
                                                 {uuid + ":batch:3", false},
                                                 {uuid + ":other:1", false},
                                                 {uuid + ":1," + kOther + ":1", false},
                                                 {std::string(kOther) + ":1", false}}) {
    EXPECT_EQ(*Gtid(text).IsIn(at), in) << text;
  }
  for (const auto& [text, in] : std::vector<std::pair<std::string, bool>>{{"0-1-9", true},
                                                                          {"0-2-10", true},
                                                                          {"0-1-11", false},
                                                                          {"3-1-1", true},
                                                                          {"0-1-1,3-1-2", false},
                                                                          {"4-1-1", false}}) {
    EXPECT_EQ(*Gtid(text).IsIn(Mariadb("0-1-10,3-1-1")), in) << text;
  }
  for (const auto& [text, in] :
       std::vector<std::pair<std::string, bool>>{{"binlog.000007:1000", true},
                                                 {"binlog.000007:1001", false},
                                                 {"binlog.000006:9999", true},
                                                 {"binlog.000008:4", false},
                                                 {"binlog.1000000:4", false}}) {
    EXPECT_EQ(*Place(text).IsIn(at), in) << text;
  }
}

TEST(AwaitedPositionTest, OfAnotherServerIsAnError) {
  const auto message = [](const AwaitedPosition& awaited, const SourcePosition& at) {
    const auto in = awaited.IsIn(at);
    EXPECT_STATUS(in, kInvalidArgument);
    return in.ok() ? std::string() : in.status().message();
  };
  EXPECT_EQ(message(Gtid("0-1-1"), Mysql("")),
            "it is a GTID of MariaDB, and the source is a MySQL server");
  EXPECT_EQ(message(Gtid(std::string(kUuid) + ":1"), Mariadb("")),
            "it is a GTID of MySQL, and the source is a MariaDB server");
  EXPECT_EQ(message(Place("other.000001:4"), Mysql("")),
            "it is in no binlog of the source, which is at binlog.000007:1000");
}

// Waits in threads of their own, so that a test can tell who is woken by what.
class AppliedPositionTest : public ::testing::Test {
 protected:
  struct Wait {
    explicit Wait(AwaitedPosition position) : awaited(std::move(position)) {}
    const AwaitedPosition awaited;
    Result<bool> outcome = false;
    std::atomic<bool> done{false};
    std::jthread thread;
  };

  std::unique_ptr<Wait> Begin(AwaitedPosition awaited) {
    const size_t before = applied_.waiters();
    auto wait = std::make_unique<Wait>(std::move(awaited));
    wait->thread = std::jthread([this, wait = wait.get()] {
      wait->outcome = applied_.Await(wait->awaited, steady_clock::now() + kLong);
      wait->done = true;
      wait->done.notify_all();
    });
    while (applied_.waiters() == before && !wait->done) {
      std::this_thread::yield();
    }
    return wait;
  }
  static Result<bool> End(Wait* wait) {
    wait->done.wait(false);
    return wait->outcome;
  }

  AppliedPosition applied_{4};
};

TEST_F(AppliedPositionTest, WhatIsAppliedIsNotWaitedFor) {
  applied_.Set(Mysql(std::string(kUuid) + ":1-5"));
  const auto past = steady_clock::now() - seconds(1);
  EXPECT_TRUE(*applied_.Await(Gtid(std::string(kUuid) + ":5"), past));
  EXPECT_FALSE(*applied_.Await(Gtid(std::string(kUuid) + ":6"), past));
}

TEST_F(AppliedPositionTest, EachWaiterIsWokenByWhatItWaitsForAndNoEarlier) {
  applied_.Set(Mysql(std::string(kUuid) + ":1-5"));
  const auto six = Begin(Gtid(std::string(kUuid) + ":6"));
  const auto seven = Begin(Gtid(std::string(kUuid) + ":7"));
  const auto place = Begin(Place("binlog.000007:2000"));
  EXPECT_EQ(applied_.waiters(), 3U);
  applied_.Set(Mysql(std::string(kUuid) + ":1-6"));
  EXPECT_TRUE(*End(six.get()));
  EXPECT_FALSE(seven->done);
  EXPECT_FALSE(place->done);
  applied_.SetBinlog({"binlog.000007", 2000});
  EXPECT_TRUE(*End(place.get()));
  EXPECT_FALSE(seven->done);
  applied_.Set(Mysql(std::string(kUuid) + ":1-7"));
  EXPECT_TRUE(*End(seven.get()));
  EXPECT_EQ(applied_.waiters(), 0U);
}

TEST_F(AppliedPositionTest, ABinlogPlaceNeverGoesBackWithoutATransaction) {
  applied_.Set(Mysql(""));
  applied_.SetBinlog({"binlog.000006", 4});
  EXPECT_TRUE(*applied_.Await(Place("binlog.000007:1000"), steady_clock::now()));
}

TEST_F(AppliedPositionTest, PlacesOfTheServerThatTheStreamHasLeftSayNothing) {
  applied_.Set(Mysql(std::string(kUuid) + ":1-5", "binlog.000050"));
  applied_.MoveTo();
  const auto past = steady_clock::now() - seconds(1);
  EXPECT_FALSE(*applied_.Await(Place("binlog.000003:900"), past));
  EXPECT_TRUE(*applied_.Await(Gtid(std::string(kUuid) + ":5"), past));
  applied_.SetBinlog({"binlog.000003", 900});
  EXPECT_TRUE(*applied_.Await(Place("binlog.000003:900"), past));
}

TEST_F(AppliedPositionTest, TheDeadlineEndsTheWait) {
  applied_.Set(Mysql(std::string(kUuid) + ":1-5"));
  const auto begun = steady_clock::now();
  const std::chrono::milliseconds patience{30};
  EXPECT_FALSE(*applied_.Await(Gtid(std::string(kOther) + ":1"), begun + patience));
  EXPECT_GE(steady_clock::now(), begun + patience);
  EXPECT_EQ(applied_.waiters(), 0U);
}

TEST_F(AppliedPositionTest, BeforeTheSourceIsKnownEverythingIsWaitedFor) {
  const auto own = Begin(Gtid(std::string(kUuid) + ":1"));
  const auto foreign = Begin(Gtid("0-1-1"));
  applied_.Set(Mysql(std::string(kUuid) + ":1"));
  EXPECT_TRUE(*End(own.get()));
  EXPECT_STATUS(End(foreign.get()), kInvalidArgument);
}

TEST_F(AppliedPositionTest, TheEndWakesAllWithItsReasonButForWhatIsApplied) {
  applied_.Set(Mysql(std::string(kUuid) + ":1-5"));
  const auto six = Begin(Gtid(std::string(kUuid) + ":6"));
  const auto place = Begin(Place("binlog.000008:4"));
  applied_.End("the binlog is gone");
  applied_.End("stopping");
  for (const Result<bool>& outcome :
       {End(six.get()), End(place.get()),
        applied_.Await(Gtid(std::string(kUuid) + ":6"), steady_clock::now() + kLong)}) {
    EXPECT_STATUS(outcome, kUnavailable);
    EXPECT_EQ(outcome.status().message(), "the binlog is gone");
  }
  EXPECT_TRUE(*applied_.Await(Gtid(std::string(kUuid) + ":5"), steady_clock::now()));
}

TEST_F(AppliedPositionTest, NoMoreThanSoManyWait) {
  applied_.Set(Mysql(std::string(kUuid) + ":1-5"));
  std::vector<std::unique_ptr<Wait>> waits;
  for (int i = 0; i < 4; ++i) {
    waits.push_back(Begin(Gtid(std::string(kUuid) + ":6")));
  }
  EXPECT_STATUS(applied_.Await(Gtid(std::string(kUuid) + ":6"), steady_clock::now() + kLong),
                kResourceExhausted);
  // Who need not wait takes no place.
  EXPECT_TRUE(*applied_.Await(Gtid(std::string(kUuid) + ":5"), steady_clock::now() + kLong));
  applied_.Set(Mysql(std::string(kUuid) + ":1-6"));
  for (const auto& wait : waits) {
    EXPECT_TRUE(*End(wait.get()));
  }
}

}  // namespace
}  // namespace binseek::pipeline
