#include "sync/binlog/history_check.h"

namespace binseek::binlog {
namespace {

std::string Describe(const change::Fingerprint& fingerprint) {
  return "committed at " + std::to_string(fingerprint.commit_time_us) + " us, " +
         std::to_string(fingerprint.length) + " bytes of checksum " +
         std::to_string(fingerprint.crc32c);
}

}  // namespace

Status RewrittenHistory(std::string_view what) {
  return Status::NotFound("the server's history is another one than was read from it: " +
                          std::string(what));
}

void HistoryCheck::Expect(const LastTransaction& last, By by) {
  last_ = last;
  by_ = by;
  pending_ = true;
}

bool HistoryCheck::Meets(std::string_view gtid) const {
  return pending_ && (by_ == By::kPlace || gtid == last_.gtid);
}

std::string HistoryCheck::Name() const {
  const std::string gtid = last_.gtid.empty() ? "a transaction" : "GTID " + last_.gtid;
  return by_ == By::kGtid ? gtid : gtid + " at " + last_.begin.ToString();
}

Status HistoryCheck::Compare(std::string_view gtid, const change::BinlogPosition& begin,
                             const change::Fingerprint& fingerprint) {
  pending_ = false;
  if (by_ == By::kPlace) {
    if (begin != last_.begin) {
      return RewrittenHistory("where " + Name() + " began, none begins; the next is at " +
                              begin.ToString());
    }
    if (!last_.gtid.empty() && gtid != last_.gtid) {
      return RewrittenHistory("where " + Name() + " was, GTID " + std::string(gtid) + " is");
    }
  }
  if (fingerprint != last_.fingerprint) {
    return RewrittenHistory(Name() + " was " + Describe(last_.fingerprint) + ", and is " +
                            Describe(fingerprint));
  }
  return Status::Ok();
}

Status HistoryCheck::NothingThere() const {
  return RewrittenHistory("there is nothing any more where " + Name() + " was");
}

}  // namespace binseek::binlog
