// HistoryCheck: is what the server has the history that was read from it before?
//
// A server that crashed may lose the tail of its binlog, or is restored from a backup, and then gives the same GTIDs and the same places to
// other transactions. Once it has grown past what was read, no comparison of sets or offsets shows that. So every stream that resumes asks
// for the last transaction once more, and what comes is compared with what came then.
//
//   check.Expect(last, HistoryCheck::By::kGtid);
//   if (check.Meets(gtid)) { ... status = check.Compare(gtid, begin, fingerprint); }
//
//   kGtid   the transaction comes somewhere in the stream: another server may have it behind others that are new to us
//   kPlace  the transaction comes first, since the stream was asked for from its very place
//
// Thread-compatible value type. Errors: kNotFound where the history is another one.
#ifndef BINSEEK_SYNC_BINLOG_HISTORY_CHECK_H_
#define BINSEEK_SYNC_BINLOG_HISTORY_CHECK_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "sync/change/position.h"
#include "sync/change/transaction.h"

namespace binseek::binlog {

// The last transaction that was taken.
struct LastTransaction {
  std::string gtid;              // empty: without GTIDs
  change::BinlogPosition begin;  // empty: not known, or of another server
  change::Fingerprint fingerprint;
};

class HistoryCheck {
 public:
  enum class By : uint8_t { kGtid, kPlace };

  void Expect(const LastTransaction& last, By by);
  void Cancel() { pending_ = false; }

  bool pending() const { return pending_; }
  bool awaits_place() const { return pending_ && by_ == By::kPlace; }
  // Whether the transaction that begins now is the one that is expected.
  bool Meets(std::string_view gtid) const;

  // It has come whole. Nothing is expected behind this.
  Status Compare(std::string_view gtid, const change::BinlogPosition& begin,
                 const change::Fingerprint& fingerprint);
  // The server has nothing at its place.
  Status NothingThere() const;

 private:
  std::string Name() const;

  LastTransaction last_;
  By by_ = By::kGtid;
  bool pending_ = false;
};

// kNotFound of a history that is another one than was read; `what` tells where they part.
Status RewrittenHistory(std::string_view what);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_HISTORY_CHECK_H_
