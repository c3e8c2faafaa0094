// FingerprintBuilder: what change::Fingerprint of a transaction covers.
//
// The same transaction has to give the same one whenever it is read again, and on MySQL also from every other member of its topology. What
// that leaves differs:
//
//   MySQL    time    when it was committed on the server that it comes from, in microseconds, which its copies carry along; 0 where a
//                    copy says that nobody knows. That tells two transactions apart all but surely.
//            crc32c  of its GTID, and of the sequence of tables of captured databases that it changes, and how (inserts, updates, deletes): names in lower
//                    case, runs counted once. So a copy is found out that a filter emptied.
//            length  bytes that this is made of
//            Nothing of the rows: members log them by their own binlog_row_image, binlog_row_value_options, binlog_row_metadata and
//            binlog_row_event_max_size, under their own table ids, packed or not, with checksums or without.
//   MariaDB  is asked again at the transaction's place in the very same server's file, where the bytes are what they were:
//            time    whole seconds, of the last event's header
//            crc32c  of all events' bodies, without headers and checksums
//            length  bytes of these
//
// Single-threaded; one for each transaction. Errors: kCorruption.
#ifndef BINSEEK_SYNC_BINLOG_TRANSACTION_FINGERPRINT_H_
#define BINSEEK_SYNC_BINLOG_TRANSACTION_FINGERPRINT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "sync/binlog/event.h"
#include "sync/binlog/schema_provider.h"
#include "sync/change/transaction.h"

namespace binseek::binlog {

class FingerprintBuilder {
 public:
  // `captures_database` is borrowed and must outlive this; where it is not set, all databases count.
  FingerprintBuilder(bool mariadb, const DatabaseFilter& captures_database)
      : mariadb_(mariadb), captures_database_(&captures_database) {}

  // Every event of the transaction, as the stream has it, from the first to the last.
  void TakeEvent(const Event& event);
  // Every table map and rows event, those within a payload too.
  Status TakeRows(const Event& event, const FormatDescription& format);
  // MySQL: its first event, and the GTID as text.
  void TakeGtid(const GtidEvent& event, std::string_view gtid);
  // The header's time of its last event.
  void End(uint32_t timestamp);

  const change::Fingerprint& fingerprint() const { return fingerprint_; }

 private:
  void Add(std::string_view bytes);

  const bool mariadb_;
  const DatabaseFilter* const captures_database_;
  change::Fingerprint fingerprint_;
  std::map<uint64_t, std::string> tables_;  // names of captured databases' tables by their ids
  std::string last_;                        // table and kind that were counted last
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_TRANSACTION_FINGERPRINT_H_
