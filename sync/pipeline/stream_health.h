// How far behind a stream is, why it ends, and whether losing it again and again can be mended.
//
// CodeOfEnd and TellStream are pure functions, LagOf is one but for the clock; HistoryLosses is single-threaded: the thread of the stream.
#ifndef BINSEEK_SYNC_PIPELINE_STREAM_HEALTH_H_
#define BINSEEK_SYNC_PIPELINE_STREAM_HEALTH_H_

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "sync/binlog/binlog_source.h"
#include "sync/change/stop_code.h"
#include "sync/change/transaction.h"
#include "sync/pipeline/supervisor.h"

namespace binseek::pipeline {

// Milliseconds since the transaction's commit; 0 where its time is not known.
inline int64_t LagOf(const change::Transaction& transaction) {
  constexpr int64_t kSecond = 1'000'000;
  if (transaction.commit_time_us == 0) {
    return 0;
  }
  // MariaDB tells whole seconds only: then the end of that second, so that a lag is never invented.
  const bool whole_second = transaction.commit_time_us % kSecond == 0;
  const int64_t committed = transaction.commit_time_us + (whole_second ? kSecond : 0);
  return std::max<int64_t>(0, (Clock::Real()->NowMicros() - committed) / 1000);
}

// Why no more comes of a binlog source, by the error that it ended with.
inline change::StopCode CodeOfEnd(const Status& end) {
  using change::StopCode;
  switch (end.code()) {
    case StatusCode::kNotFound:
      return StopCode::kPositionLost;
    case StatusCode::kAborted:
      return StopCode::kEventUnknown;
    case StatusCode::kCorruption:
      return StopCode::kBinlogCorrupt;
    case StatusCode::kResourceExhausted:
      return StopCode::kTransactionTooLarge;
    case StatusCode::kIoError:
      return StopCode::kSpillFailed;
    default:
      return StopCode::kUnexpected;
  }
}

// Adds what a binlog source says of itself to the status of what is made of it.
inline void TellStream(const binlog::BinlogSourceStatus& source, SyncStatus* status) {
  status->reconnects = source.reconnects;
  status->incoming = {source.open_rows, 0, source.open_bytes};
  status->stops += source.losses;
  if (status->state == SyncState::kHalted || status->state == SyncState::kStopped) {
    return;
  }
  // A stream that is being begun anew knows better why.
  if (!source.connected &&
      (status->state != SyncState::kConnecting || status->code == change::StopCode::kNone)) {
    status->state = SyncState::kConnecting;
    status->error = source.last_error;
    status->code = source.last_code;
  }
  if (!source.id_clash.empty()) {
    status->error = source.id_clash;
    status->code = change::StopCode::kReplicaIdClash;
  }
}

// A server that cannot give what it has just told, again and again, is not mended by one more beginning.
class HistoryLosses {
 public:
  // Counts one more; false where they come too close.
  bool MayBeginAnew() {
    const auto now = std::chrono::steady_clock::now();
    in_a_row_ = in_a_row_ > 0 && now - last_ < kClose ? in_a_row_ + 1 : 1;
    last_ = now;
    return in_a_row_ <= kMost;
  }

 private:
  static constexpr std::chrono::seconds kClose{30};
  static constexpr int kMost = 5;

  std::chrono::steady_clock::time_point last_;
  int in_a_row_ = 0;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_STREAM_HEALTH_H_
