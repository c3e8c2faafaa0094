// The translog on a real directory: processes that die at a named point of its work, and how many requests a sync serves.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <vector>

#include "engine/base/fault_point.h"
#include "engine/index/translog.h"
#include "engine/index/translog_replay.h"
#include "engine/store/posix_directory.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

constexpr uint64_t kRecords = 40;

class TranslogProcessTest : public binseek::test::SeededTest {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "binseek-translog-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(path_); }

  // Writes records behind those that are there, rolls and commits now and then, until a fault point ends the process; what it was
  // acknowledged for goes down the pipe, one byte a record.
  [[noreturn]] static void WriteUntilDeath(const std::string& path, const std::string& spec,
                                           uint64_t from, int acknowledge) {
    const auto directory = *store::OpenPosixDirectory(path);
    const auto replay = ReplayTranslog(
        *directory, {}, [](std::string_view, const TranslogLocation&) { return Status::Ok(); });
    static_cast<void>(FaultPoints::Arm(spec).ok());
    auto translog = Translog::Open(directory.get(), replay->end);
    for (uint64_t i = from; i < from + kRecords && translog.ok(); ++i) {
      auto prepared = (*translog)->Prepare("record " + std::to_string(i));
      const auto location = (*translog)->Append(*std::move(prepared));
      if ((*translog)->Sync(*location).ok() && ::write(acknowledge, "+", 1) != 1) {
        ::_exit(1);
      }
      if (i % 7 == 0) {
        (*translog)->Roll();
      }
    }
    ::_exit(0);
  }

  // Records that the process was acknowledged for before it died.
  uint64_t Run(const std::string& spec, uint64_t from) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      WriteUntilDeath(path_, spec, from, ends[1]);
    }
    ::close(ends[1]);
    uint64_t acknowledged = 0;
    char byte = 0;
    while (::read(ends[0], &byte, 1) == 1) {
      ++acknowledged;
    }
    ::close(ends[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, kKilledExitStatus) << spec;
    return acknowledged;
  }

  std::string path_;
};

TEST_F(TranslogProcessTest, WhatAKilledProcessHadAcknowledgedIsThere) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "fault points are not compiled in";
  }
  uint64_t there = 0;  // records, over all processes
  for (const char* point :
       {"translog.half_written", "translog.before_sync", "translog.after_sync",
        "translog.before_create", "translog.before_rename", "translog.after_create"}) {
    for (uint64_t round = 0; round < Iterations(3); ++round) {
      const std::string spec = std::string(point) + "=kill@" + std::to_string(1 + Uniform(5));
      SCOPED_TRACE(spec);
      const uint64_t acknowledged = Run(spec, there);
      const auto directory = *store::OpenPosixDirectory(path_);
      std::vector<std::string> payloads;
      ASSERT_OK(
          ReplayTranslog(*directory, {}, [&](std::string_view payload, const TranslogLocation&) {
            payloads.emplace_back(payload);
            return Status::Ok();
          }));
      // One record at most was written and not acknowledged.
      ASSERT_GE(payloads.size(), there + acknowledged);
      ASSERT_LE(payloads.size(), there + acknowledged + 1);
      for (size_t i = 0; i < payloads.size(); ++i) {
        ASSERT_EQ(payloads[i], "record " + std::to_string(i));
      }
      there = payloads.size();
    }
  }
}

TEST_F(TranslogProcessTest, ASyncServesManyRequests) {
  constexpr int kThreads = 8;
  const uint64_t each = Iterations(50);
  const auto directory = *store::OpenPosixDirectory(path_);
  const auto translog = *Translog::Open(directory.get(), {});
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (uint64_t i = 0; i < each; ++i) {
        auto prepared = translog->Prepare(std::string(1000, 'x'));
        ASSERT_OK(prepared);
        const auto location = translog->Append(*std::move(prepared));
        ASSERT_OK(location);
        ASSERT_OK(translog->Sync(*location));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const TranslogStats stats = translog->stats();
  EXPECT_EQ(stats.records, kThreads * each);
  EXPECT_LT(stats.syncs, stats.records);
  std::printf("%.0f requests/s from %d threads, %.1f to a sync\n",
              static_cast<double>(stats.records) / seconds.count(), kThreads,
              static_cast<double>(stats.records) / static_cast<double>(stats.syncs));
}

}  // namespace
}  // namespace binseek::index::test
