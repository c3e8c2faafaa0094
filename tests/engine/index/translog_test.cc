// The translog's files: what was synced comes back after any crash, and damage is told from a crash.
#include "engine/index/translog.h"
#include "engine/base/coding.h"
#include "engine/base/crc32c.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "engine/index/translog_record.h"
#include "engine/index/translog_replay.h"
#include "tests/engine/index/translog_disk.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

using Payloads = std::vector<std::string>;

class TranslogTest : public binseek::test::SeededTest {
 protected:
  // What a replay gave back.
  struct Replayed {
    Status status;
    TranslogReplay replay;
    Payloads payloads;
  };

  static Replayed Replay(const store::Directory& directory, uint64_t from = 1) {
    Replayed replayed;
    auto replay = ReplayTranslog(directory, {from, 0},
                                 [&](std::string_view payload, const TranslogLocation&) {
                                   replayed.payloads.emplace_back(payload);
                                   return Status::Ok();
                                 });
    replayed.status = replay.status();
    if (replay.ok()) {
      replayed.replay = *replay;
    }
    return replayed;
  }

  static std::unique_ptr<Translog> MustOpen(store::Directory* directory,
                                            const TranslogLocation& previous = {},
                                            const TranslogOptions& options = {}) {
    auto translog = Translog::Open(directory, previous, options);
    EXPECT_OK(translog);
    return translog.ok() ? *std::move(translog) : nullptr;
  }

  static TranslogLocation MustAppend(Translog* translog, std::string payload) {
    auto prepared = translog->Prepare(std::move(payload));
    EXPECT_OK(prepared);
    const auto location = translog->Append(*std::move(prepared));
    EXPECT_OK(location);
    return location.value_or({});
  }

  // Writes each payload with a sync of its own; where each ends.
  static std::vector<uint64_t> WriteEach(store::Directory* disk, const Payloads& payloads) {
    std::vector<uint64_t> ends = {kTranslogHeaderBytes};
    auto translog = MustOpen(disk);
    for (const std::string& payload : payloads) {
      const TranslogLocation location = MustAppend(translog.get(), payload);
      EXPECT_OK(translog->Sync(location));
      ends.push_back(location.offset);
    }
    EXPECT_OK(translog->Close());
    return ends;
  }

  const Payloads kThree = {"first", std::string(100, 'x'), "third"};
};

// How many of the records that end at `ends` are whole in the first `size` bytes.
size_t WholeRecords(const std::vector<uint64_t>& ends, uint64_t size) {
  return static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), size) - ends.begin()) - 1;
}

TEST_F(TranslogTest, ReplayGivesBackWhatWasSyncedInOrder) {
  TranslogDisk disk;
  WriteEach(&disk, kThree);
  const Replayed replayed = Replay(disk);
  ASSERT_OK(replayed.status);
  EXPECT_EQ(replayed.payloads, kThree);
  EXPECT_EQ(replayed.replay.records, 3U);
  EXPECT_EQ(replayed.replay.dropped_bytes, 0U);
  EXPECT_EQ(replayed.replay.end, (TranslogLocation{1, disk.Bytes("translog-1").size()}));
}

TEST_F(TranslogTest, ATailThatIsTornAtAnyByteIsDropped) {
  TranslogDisk disk;
  const std::vector<uint64_t> ends = WriteEach(&disk, kThree);
  const std::string whole = disk.Bytes("translog-1");
  for (size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    disk.Put("translog-1", whole.substr(0, size));
    const Replayed replayed = Replay(disk);
    if (size < kTranslogHeaderBytes) {
      EXPECT_STATUS(replayed.status, kCorruption);
      continue;
    }
    ASSERT_OK(replayed.status);
    const size_t records = WholeRecords(ends, size);
    EXPECT_EQ(replayed.payloads,
              Payloads(kThree.begin(), kThree.begin() + static_cast<ptrdiff_t>(records)));
    EXPECT_EQ(replayed.replay.end.offset, ends[records]);
    EXPECT_EQ(replayed.replay.dropped_bytes, size - ends[records]);
  }
}

TEST_F(TranslogTest, AFlippedByteThatALaterRecordKnowsToHaveBeenDurableIsCorruption) {
  TranslogDisk disk;
  const std::vector<uint64_t> ends = WriteEach(&disk, kThree);
  const std::string whole = disk.Bytes("translog-1");
  for (size_t at = 0; at < whole.size(); ++at) {
    SCOPED_TRACE(at);
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << Uniform(8)));
    disk.Put("translog-1", damaged);
    const Replayed replayed = Replay(disk);
    if (at >= ends[2]) {  // the last record: a crash may leave it so
      EXPECT_OK(replayed.status);
      EXPECT_EQ(replayed.payloads, Payloads(kThree.begin(), kThree.end() - 1));
      EXPECT_EQ(replayed.replay.dropped_bytes, whole.size() - ends[2]);
      continue;
    }
    EXPECT_STATUS(replayed.status, kCorruption);
    if (at >= kTranslogHeaderBytes) {
      const std::string place =
          "translog-1: offset " + std::to_string(ends[WholeRecords(ends, at)]) + ":";
      EXPECT_EQ(replayed.status.message().substr(0, place.size()), place);
    }
  }
}

TEST_F(TranslogTest, AFlippedByteInAGroupThatMayNeverHaveBeenDurableDropsTheRestOfIt) {
  TranslogDisk disk;
  auto translog = MustOpen(&disk);
  std::vector<uint64_t> ends = {kTranslogHeaderBytes};
  for (const std::string& payload : kThree) {
    ends.push_back(MustAppend(translog.get(), payload).offset);
  }
  ASSERT_OK(translog->Close());
  const std::string whole = disk.Bytes("translog-1");
  for (size_t at = kTranslogHeaderBytes; at < whole.size(); ++at) {
    SCOPED_TRACE(at);
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    disk.Put("translog-1", damaged);
    const Replayed replayed = Replay(disk);
    ASSERT_OK(replayed.status);
    EXPECT_EQ(replayed.payloads.size(), WholeRecords(ends, at));
  }
}

TEST_F(TranslogTest, WhatWasDroppedStaysVoidBehindTheNextGeneration) {
  TranslogDisk disk;
  const std::vector<uint64_t> ends = WriteEach(&disk, kThree);
  const std::string whole = disk.Bytes("translog-1");
  for (const uint64_t size : {ends[3] - 1, ends[2] + 1, ends[3]}) {
    SCOPED_TRACE(size);
    TranslogDisk torn;
    torn.Put("translog-1", whole.substr(0, size));
    Replayed replayed = Replay(torn);
    ASSERT_OK(replayed.status);
    auto translog = MustOpen(&torn, replayed.replay.end);
    ASSERT_OK(translog->Sync(MustAppend(translog.get(), "after")));
    translog.reset();
    Payloads expected = replayed.payloads;
    expected.emplace_back("after");
    replayed = Replay(torn);
    ASSERT_OK(replayed.status);
    EXPECT_EQ(replayed.payloads, expected);
    EXPECT_EQ(replayed.replay.end.generation, 2U);

    torn.Put("translog-1", whole.substr(0, ends[2] - 1));  // shorter than it was
    EXPECT_STATUS(Replay(torn).status, kCorruption);
  }
}

TEST_F(TranslogTest, AFlippedByteInAnEarlierGenerationIsCorruption) {
  TranslogDisk disk;
  auto translog = MustOpen(&disk);
  const uint64_t end = MustAppend(translog.get(), "one record").offset;
  EXPECT_EQ(translog->Roll(), 2U);
  MustAppend(translog.get(), "another");
  ASSERT_OK(translog->Close());
  const std::string whole = disk.Bytes("translog-1");
  ASSERT_EQ(whole.size(), end + kTranslogFrameBytes);  // the mark
  for (size_t at = 0; at < whole.size(); ++at) {
    SCOPED_TRACE(at);
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x01);
    disk.Put("translog-1", damaged);
    EXPECT_EQ(Replay(disk).status.code(), at < end ? StatusCode::kCorruption : StatusCode::kOk);
    disk.Put("translog-1", whole.substr(0, at));
    EXPECT_EQ(Replay(disk).status.code(), at < end ? StatusCode::kCorruption : StatusCode::kOk);
  }
}

TEST_F(TranslogTest, AMissingGenerationIsCorruptionAndNamed) {
  for (const char* lost : {"translog-1", "translog-2", "translog-3"}) {
    SCOPED_TRACE(lost);
    TranslogDisk disk;
    auto translog = MustOpen(&disk);
    for (int i = 0; i < 2; ++i) {
      MustAppend(translog.get(), "record");
      translog->Roll();
    }
    ASSERT_OK(translog->Close());
    EXPECT_EQ(Replay(disk).payloads.size(), 2U);
    ASSERT_OK(disk.Delete(lost));
    const Replayed replayed = Replay(disk);
    EXPECT_STATUS(replayed.status, kCorruption);
    EXPECT_EQ(replayed.status.message(), std::string(lost) + " is missing");
  }
  TranslogDisk empty;
  EXPECT_STATUS(Replay(empty, 1).status, kCorruption);
  EXPECT_OK(Replay(empty, 0).status);
  EXPECT_EQ(Replay(empty, 0).replay.end, TranslogLocation{});
}

TEST_F(TranslogTest, ARecordFromElsewhereDoesNotPass) {
  TranslogDisk disk;
  const std::vector<uint64_t> ends = WriteEach(&disk, {"twelve bytes", "twelve bytez"});
  const std::string whole = disk.Bytes("translog-1");
  const std::string second = whole.substr(ends[1]);
  disk.Put("translog-1", whole.substr(0, ends[0]) + second);  // moved within the file
  EXPECT_EQ(Replay(disk).payloads.size(), 0U);
  disk.Put("translog-1", whole);
  disk.Put("translog-2", EncodeTranslogHeader(2, ends[2]) + whole.substr(ends[0]));
  const Replayed replayed = Replay(disk);  // at its place in another generation
  EXPECT_OK(replayed.status);
  EXPECT_EQ(replayed.payloads.size(), 2U);
  EXPECT_EQ(replayed.replay.dropped_bytes, whole.size() - ends[0]);
}

TEST_F(TranslogTest, AHeadOfAnotherVersionIsRefusedByName) {
  constexpr size_t kVersionAt = 24;
  const auto head_of = [](char version) {
    std::string head = EncodeTranslogHeader(1, 0);
    head[kVersionAt] = version;
    head.resize(head.size() - sizeof(uint32_t));
    PutU32(&head, Crc32c(head));
    return head;
  };
  EXPECT_OK(DecodeTranslogHeader(head_of(1), 1));
  EXPECT_STATUS(DecodeTranslogHeader(head_of(2), 1), kFormatTooNew);
  EXPECT_STATUS(DecodeTranslogHeader(head_of(0), 1), kFormatTooOld);
  EXPECT_STATUS(DecodeTranslogHeader(EncodeTranslogHeader(2, 0), 1), kCorruption);
  TranslogDisk disk;
  std::string head = EncodeTranslogHeader(1, 0);
  head[kVersionAt] = 2;
  disk.Put("translog-1", head);
  EXPECT_STATUS(Replay(disk).status, kCorruption) << "the checksum comes first";
}

TEST_F(TranslogTest, RollingAndDeletingLeaveWhatBelongsToTheNextCommit) {
  TranslogDisk disk;
  auto translog = MustOpen(&disk);
  MustAppend(translog.get(), "old");
  const uint64_t generation = translog->Roll();
  MustAppend(translog.get(), "new");
  EXPECT_STATUS(translog->DeleteBefore(generation), kInvalidArgument);
  ASSERT_OK(translog->SyncAll());
  const uint64_t both = translog->stats().kept_bytes;
  ASSERT_OK(translog->DeleteBefore(generation));
  EXPECT_LT(translog->stats().kept_bytes, both);
  EXPECT_EQ(*disk.List(), Payloads{"translog-2"});
  EXPECT_EQ(Replay(disk, generation).payloads, Payloads{"new"});
  EXPECT_STATUS(Replay(disk, 1).status, kCorruption);
}

TEST_F(TranslogTest, OpeningNeverWritesOverRecords) {
  TranslogDisk disk;
  WriteEach(&disk, {"record"});
  EXPECT_STATUS(Translog::Open(&disk, {}), kInvalidArgument);
  disk.Put("translog-1", EncodeTranslogHeader(1, 0));  // a start that failed has left this
  EXPECT_OK(Translog::Open(&disk, {}));
}

TEST_F(TranslogTest, AFailedSyncIsFinal) {
  TranslogDisk disk;
  auto translog = MustOpen(&disk);
  const TranslogLocation durable = MustAppend(translog.get(), "durable");
  ASSERT_OK(translog->Sync(durable));
  const TranslogLocation lost = MustAppend(translog.get(), "lost");
  auto prepared = translog->Prepare("prepared before");
  ASSERT_OK(prepared);
  disk.FailSyncs(true);
  const Status first = translog->Sync(lost);
  EXPECT_STATUS(first, kIoError);
  disk.FailSyncs(false);
  const uint64_t syncs = disk.syncs();
  EXPECT_EQ(translog->Sync(lost).ToString(), first.ToString());
  EXPECT_EQ(translog->SyncAll().ToString(), first.ToString());
  EXPECT_EQ(translog->Append(*std::move(prepared)).status().ToString(), first.ToString());
  EXPECT_EQ(translog->Prepare("more").status().ToString(), first.ToString());
  EXPECT_EQ(translog->DeleteBefore(1).ToString(), first.ToString());
  EXPECT_EQ(translog->Close().ToString(), first.ToString());
  EXPECT_EQ(disk.syncs(), syncs);
  EXPECT_OK(translog->Sync(durable));
  EXPECT_EQ(translog->tail(), durable);

  auto next = MustOpen(&disk, translog->tail());
  ASSERT_OK(next->Sync(MustAppend(next.get(), "after")));
  EXPECT_EQ(Replay(disk).payloads, (Payloads{"durable", "after"}));
}

TEST_F(TranslogTest, AFailedWriteIsFinal) {
  TranslogDisk disk;
  auto translog = MustOpen(&disk);
  const TranslogLocation location = MustAppend(translog.get(), "record");
  disk.FailAppends(true);
  EXPECT_STATUS(translog->Sync(location), kIoError);
  disk.FailAppends(false);
  EXPECT_STATUS(translog->SyncAll(), kIoError);
  const Replayed replayed = Replay(disk);  // half a record
  ASSERT_OK(replayed.status);
  EXPECT_EQ(replayed.payloads.size(), 0U);
  EXPECT_GT(replayed.replay.dropped_bytes, 0U);
}

TEST_F(TranslogTest, AFailedRollIsFinalAndCanBeLeft) {
  TranslogDisk disk;
  auto translog = MustOpen(&disk);
  ASSERT_OK(translog->Sync(MustAppend(translog.get(), "durable")));
  translog->Roll();
  disk.FailSyncs(true);
  EXPECT_STATUS(translog->SyncAll(), kIoError);
  disk.FailSyncs(false);
  EXPECT_STATUS(translog->SyncAll(), kIoError);
  auto next = MustOpen(&disk, translog->tail());
  ASSERT_OK(next->Sync(MustAppend(next.get(), "after")));
  EXPECT_EQ(Replay(disk).payloads, (Payloads{"durable", "after"}));
}

TEST_F(TranslogTest, TheBufferIsBounded) {
  TranslogDisk disk;
  auto translog = MustOpen(&disk, {}, {.buffer_bytes = 1000});
  for (int i = 0; i < 1000; ++i) {
    MustAppend(translog.get(), std::string(90, 'x'));
    ASSERT_LT(translog->stats().buffered_bytes, 1000U + 110);
  }
  EXPECT_GT(disk.Bytes("translog-1").size(), 105000U);
  EXPECT_EQ(disk.syncs(), 1U);  // the head's
  const TranslogStats stats = translog->stats();
  EXPECT_EQ(stats.records, 1000U);
  EXPECT_EQ(stats.bytes, 110000U);
  ASSERT_OK(translog->SyncAll());
  EXPECT_EQ(Replay(disk).payloads.size(), 1000U);
}

TEST_F(TranslogTest, LargeRecordsComeBackAndLargerOnesAreRefused) {
  TranslogDisk disk;
  auto translog = MustOpen(&disk);
  const std::string large = RandomBytes(2 << 20) + "end";
  MustAppend(translog.get(), "before");
  MustAppend(translog.get(), large);
  MustAppend(translog.get(), "after");
  ASSERT_OK(translog->Close());
  EXPECT_EQ(Replay(disk).payloads, (Payloads{"before", large, "after"}));
  EXPECT_STATUS(translog->Prepare("x"), kAborted);
}

TEST_F(TranslogTest, AnErrorOfTheVisitorNamesFileAndOffset) {
  TranslogDisk disk;
  const std::vector<uint64_t> ends = WriteEach(&disk, {TranslogBatchEncoder({}).Finish(), "\x63"});
  const Status status =
      ReplayTranslog(disk, {1, 0}, [](std::string_view payload, const TranslogLocation&) {
        return DecodeTranslogRecord(payload).status();
      }).status();
  EXPECT_STATUS(status, kCorruption);
  const std::string place = "translog-1: record at offset " + std::to_string(ends[1]) + ": ";
  EXPECT_EQ(status.message().substr(0, place.size()), place);
}

// What a machine leaves that loses power: synced bytes, and of the others a part, in which pages may have come to the disk in any order.
class TranslogCrashTest : public TranslogTest {
 protected:
  std::unique_ptr<TranslogDisk> LosePower(const TranslogDisk& disk) {
    auto after = std::make_unique<TranslogDisk>();
    const std::vector<std::string> files = *disk.List();
    for (const std::string& file : files) {
      std::string bytes = disk.Bytes(file);
      const size_t synced = disk.SyncedBytes(file);
      bytes.resize(synced + Uniform(bytes.size() - synced + 1));
      for (uint64_t holes = Uniform(3); holes > 0 && bytes.size() > synced; --holes) {
        const size_t from = synced + Uniform(bytes.size() - synced);
        std::fill_n(bytes.begin() + static_cast<ptrdiff_t>(from),
                    std::min<size_t>(Uniform(200), bytes.size() - from), '\0');
      }
      after->Put(file, bytes);
    }
    return after;
  }
};

TEST_F(TranslogCrashTest, WhatWasSyncedIsThereAndWhatIsThereIsAPrefix) {
  for (uint64_t round = 0; round < Iterations(30); ++round) {
    auto disk = std::make_unique<TranslogDisk>();
    auto translog = MustOpen(disk.get());
    Payloads written;         // since `from`
    size_t acknowledged = 0;  // of those
    uint64_t from = 1;
    for (int step = 0; step < 300; ++step) {
      const uint64_t what = Uniform(100);
      if (what < 60) {
        written.push_back(std::to_string(step) + RandomBytes(OneIn(20) ? 5000 : 60));
        const TranslogLocation location = MustAppend(translog.get(), written.back());
        if (OneIn(3)) {
          ASSERT_OK(translog->Sync(location));
          acknowledged = written.size();
        }
      } else if (what < 70) {
        ASSERT_OK(translog->SyncAll());
        acknowledged = written.size();
      } else if (what < 78) {
        translog->Roll();
      } else if (what < 84) {  // a commit
        from = translog->Roll();
        ASSERT_OK(translog->SyncAll());
        written.clear();
        acknowledged = 0;
        if (OneIn(2)) {
          ASSERT_OK(translog->DeleteBefore(from));
        }
      } else if (what < 90) {
        // Fills the buffer's file un-synced, as async durability does.
        ASSERT_OK(translog->Prepare("never appended"));
      } else if (what < 95) {
        translog.reset();
        disk = LosePower(*disk);
        const Replayed replayed = Replay(*disk, from);
        ASSERT_OK(replayed.status);
        ASSERT_GE(replayed.payloads.size(), acknowledged);
        ASSERT_LE(replayed.payloads.size(), written.size());
        written.resize(replayed.payloads.size());
        ASSERT_EQ(replayed.payloads, written);
        acknowledged = written.size();
        translog = MustOpen(disk.get(), replayed.replay.end, {.buffer_bytes = 1 + Uniform(500)});
        ASSERT_NE(translog, nullptr);
      }
    }
  }
}

TEST_F(TranslogTest, ReplayReads300000OperationsInASecond) {
  TranslogDisk disk;
  constexpr int kBatches = 2000;
  constexpr int kOperations = 100;
  auto translog = MustOpen(&disk);
  for (int b = 0; b < kBatches; ++b) {
    TranslogBatchEncoder encoder({});
    for (int i = 0; i < kOperations; ++i) {
      const std::string key = std::to_string(b * kOperations + i);
      mapping::Document document;
      document.texts = {{mapping::FieldId{16}, "red phone case"}, {mapping::FieldId{17}, "acme"}};
      document.numbers = {{mapping::FieldId{18}, 1999}, {mapping::FieldId{19}, i}};
      document.source = {true, R"({"name":"red phone case","brand":"acme","price":19.99})"};
      encoder.Upsert({.index = IndexId{1}, .key = key, .version = 1, .seq_no = i}, document);
    }
    MustAppend(translog.get(), std::move(encoder).Finish());
  }
  ASSERT_OK(translog->Close());
  const auto start = std::chrono::steady_clock::now();
  uint64_t operations = 0;
  const auto replay =
      ReplayTranslog(disk, {1, 0}, [&](std::string_view payload, const TranslogLocation&) {
        BINSEEK_ASSIGN_OR_RETURN(const TranslogRecord record, DecodeTranslogRecord(payload));
        operations += std::get<ReplayedBatch>(record).operations.size();
        return Status::Ok();
      });
  ASSERT_OK(replay);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(operations, uint64_t{kBatches} * kOperations);
  std::printf("replayed %.2f M operations/s, %.0f MB/s\n",
              static_cast<double>(operations) / seconds.count() / 1e6,
              static_cast<double>(replay->bytes) / seconds.count() / 1e6);
}

}  // namespace
}  // namespace binseek::index::test
