// XaEvents: the row events of one XA transaction, as bytes that keep until it is committed.
//
// Rows are decoded when they are committed, not when they are prepared: between the two the server may restart, and so may we. No
// statement can change the shape of their tables meanwhile.
//
// Single-threaded. Errors: kCorruption for bytes that cannot be right.
#ifndef BINSEEK_SYNC_BINLOG_XA_EVENTS_H_
#define BINSEEK_SYNC_BINLOG_XA_EVENTS_H_

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/result.h"
#include "sync/binlog/event.h"
#include "sync/binlog/row_event_reader.h"

namespace binseek::binlog {

class XaEvents {
 public:
  // Whether rows of this table may be wanted when they are committed.
  using TableFilter = std::function<bool(std::string_view database, std::string_view table)>;

  explicit XaEvents(TableFilter wants_table) : wants_table_(std::move(wants_table)) {}

  // Takes in an event that RowEventReader takes. Those of tables that nobody wants are left out.
  Status Take(const Event& event, const FormatDescription& format);
  // Back to where a savepoint found it.
  void CutTo(size_t bytes) { bytes_.resize(bytes); }
  const std::string& bytes() const { return bytes_; }

 private:
  const TableFilter wants_table_;
  std::string bytes_;  // per event: its type, and its body with a varint of its length before it
  std::set<uint64_t> tables_;
};

// Gives the events to a reader that is at the beginning of a file of that format.
Status ReplayXaEvents(std::string_view bytes, RowEventReader* reader, RowBuffer* buffer);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_XA_EVENTS_H_
