// StopCode: why a source halts or waits, a table is stopped, or is read again: a short name that stays, for programs and for whoever looks it up.
//
// The name goes beside the text for people, in the status (`code`), in the log (code=...) and as a label of the metric
// binseek_sync_stops_total; api/docs/stops.md says of each what it means and what mends it, and a test compares the two. Errors carry it as
// Status::reason() from where they arise:
//
//   return Because(StopCode::kGtidsOff, Status::InvalidArgument("gtid_mode is OFF: ..."));
//   ...
//   const StopCode code = StopCodeOf(status, StopCode::kUnexpected);
//
// Names are never reused, and outlive restarts in the checkpoint of a stopped table; the numbers mean nothing outside of the process. Plain value types.
#ifndef BINSEEK_SYNC_CHANGE_STOP_CODE_H_
#define BINSEEK_SYNC_CHANGE_STOP_CODE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace binseek::change {

enum class StopCode : uint8_t {
  kNone,
  // The source waits, and goes on by itself.
  kSourceAway,
  kReplicaIdClash,
  kSpillDiskFull,
  // Tables are read again.
  kPositionLost,
  kRowsUnseen,
  kRowsUnreadable,
  // The source halts.
  kAccountRefused,
  kStatementRefused,
  kTlsRefused,
  kGtidsOff,
  kBinlogOff,
  kChangesNotLogged,
  kNamesUnreliable,
  kPositionLostAgain,
  kBinlogUnreadable,
  kBinlogCorrupt,
  kEventUnknown,
  kTransactionTooLarge,
  kSpillFailed,
  kCheckpointUnreadable,
  kIndexWriteFailed,
  kUnexpected,
  // A table is stopped.
  kTableKeyMissing,
  kTableUnsupported,
  kTableUnreadable,
  kTableReadFailed,
  kMappingRefused,
  kIdNotUnique,
  kIndexNameInvalid,
  kIndexTaken,
  kFieldsClash,
  kIndexRefused,
  kDeadLettersAboveLimit,
  kResyncFailed,
  kTableStopped,
  // A table is followed, but not as was asked for.
  kRebuildGivenUp,
  kSnapshotWaits,
  kSnapshotPaced,
};

struct NamedStopCode {
  StopCode code;
  std::string_view name;
};

// All of them, in their order.
inline constexpr std::array kStopCodes = {
    NamedStopCode{StopCode::kNone, ""},
    NamedStopCode{StopCode::kSourceAway, "source_away"},
    NamedStopCode{StopCode::kReplicaIdClash, "replica_id_clash"},
    NamedStopCode{StopCode::kSpillDiskFull, "spill_disk_full"},
    NamedStopCode{StopCode::kPositionLost, "position_lost"},
    NamedStopCode{StopCode::kRowsUnseen, "rows_unseen"},
    NamedStopCode{StopCode::kRowsUnreadable, "rows_unreadable"},
    NamedStopCode{StopCode::kAccountRefused, "account_refused"},
    NamedStopCode{StopCode::kStatementRefused, "statement_refused"},
    NamedStopCode{StopCode::kTlsRefused, "tls_refused"},
    NamedStopCode{StopCode::kGtidsOff, "gtids_off"},
    NamedStopCode{StopCode::kBinlogOff, "binlog_off"},
    NamedStopCode{StopCode::kChangesNotLogged, "changes_not_logged"},
    NamedStopCode{StopCode::kNamesUnreliable, "names_unreliable"},
    NamedStopCode{StopCode::kPositionLostAgain, "position_lost_again"},
    NamedStopCode{StopCode::kBinlogUnreadable, "binlog_unreadable"},
    NamedStopCode{StopCode::kBinlogCorrupt, "binlog_corrupt"},
    NamedStopCode{StopCode::kEventUnknown, "event_unknown"},
    NamedStopCode{StopCode::kTransactionTooLarge, "transaction_too_large"},
    NamedStopCode{StopCode::kSpillFailed, "spill_failed"},
    NamedStopCode{StopCode::kCheckpointUnreadable, "checkpoint_unreadable"},
    NamedStopCode{StopCode::kIndexWriteFailed, "index_write_failed"},
    NamedStopCode{StopCode::kUnexpected, "unexpected"},
    NamedStopCode{StopCode::kTableKeyMissing, "table_key_missing"},
    NamedStopCode{StopCode::kTableUnsupported, "table_unsupported"},
    NamedStopCode{StopCode::kTableUnreadable, "table_unreadable"},
    NamedStopCode{StopCode::kTableReadFailed, "table_read_failed"},
    NamedStopCode{StopCode::kMappingRefused, "mapping_refused"},
    NamedStopCode{StopCode::kIdNotUnique, "id_not_unique"},
    NamedStopCode{StopCode::kIndexNameInvalid, "index_name_invalid"},
    NamedStopCode{StopCode::kIndexTaken, "index_taken"},
    NamedStopCode{StopCode::kFieldsClash, "fields_clash"},
    NamedStopCode{StopCode::kIndexRefused, "index_refused"},
    NamedStopCode{StopCode::kDeadLettersAboveLimit, "dead_letters_above_limit"},
    NamedStopCode{StopCode::kResyncFailed, "resync_failed"},
    NamedStopCode{StopCode::kTableStopped, "table_stopped"},
    NamedStopCode{StopCode::kRebuildGivenUp, "rebuild_given_up"},
    NamedStopCode{StopCode::kSnapshotWaits, "snapshot_waits"},
    NamedStopCode{StopCode::kSnapshotPaced, "snapshot_paced"},
};

constexpr bool StopCodesAreInOrder() {
  for (size_t i = 0; i < kStopCodes.size(); ++i) {
    if (static_cast<size_t>(kStopCodes[i].code) != i) {
      return false;
    }
  }
  return true;
}
static_assert(StopCodesAreInOrder(), "the table has every code at its own place");

// Empty for kNone.
constexpr std::string_view StopCodeName(StopCode code) {
  return kStopCodes[static_cast<size_t>(code)].name;
}

// kNone for a name that is none.
constexpr StopCode FindStopCode(std::string_view name) {
  for (const NamedStopCode& known : kStopCodes) {
    if (known.name == name) {
      return known.code;
    }
  }
  return StopCode::kNone;
}

// The error, under the code unless it has one.
inline Status Because(StopCode code, const Status& status) {
  return status.WithReason(StopCodeName(code));
}

// `otherwise` where the error has none.
inline StopCode StopCodeOf(const Status& status, StopCode otherwise) {
  const StopCode code = FindStopCode(status.reason());
  return code == StopCode::kNone ? otherwise : code;
}

// A code and the text for people, which names what mends it where the operator has to.
struct StopReason {
  StopCode code = StopCode::kNone;
  std::string text;
};

// How often each has come.
class StopCounts {
 public:
  void Add(StopCode code) { counts_[static_cast<size_t>(code)] += 1; }
  uint64_t of(StopCode code) const { return counts_[static_cast<size_t>(code)]; }
  StopCounts& operator+=(const StopCounts& other) {
    for (size_t i = 0; i < counts_.size(); ++i) {
      counts_[i] += other.counts_[i];
    }
    return *this;
  }

 private:
  std::array<uint64_t, kStopCodes.size()> counts_{};
};

}  // namespace binseek::change

#endif  // BINSEEK_SYNC_CHANGE_STOP_CODE_H_
