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
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "sync/binlog/event.h"
#include "sync/binlog/row_event_reader.h"

namespace binseek::binlog {

// Database and name.
using XaTable = std::pair<std::string, std::string>;

class XaEvents {
 public:
  // Whether rows of this table may be wanted when they are committed, be it for what foreign keys made of them.
  using TableFilter = std::function<bool(std::string_view database, std::string_view table)>;

  explicit XaEvents(TableFilter wants_table) : wants_table_(std::move(wants_table)) {}

  // Takes in an event that RowEventReader takes. Those of tables that nobody wants are left out.
  Status Take(const Event& event, const FormatDescription& format);
  // What Take asks before it keeps an event; for who does not keep it. REQUIRES: each event is asked for once, in order.
  Result<bool> Wants(const Event& event, const FormatDescription& format);
  // Back to where a savepoint found it.
  void CutTo(size_t bytes) { bytes_.resize(bytes); }
  const std::string& bytes() const { return bytes_; }
  // All that were wanted, at least those with rows.
  const std::set<XaTable>& tables() const { return names_; }

 private:
  Result<bool> WantsFragment(const Event& event, const FormatDescription& format);

  const TableFilter wants_table_;
  std::string bytes_;  // per event: its type, and its body with a varint of its length before it
  std::set<uint64_t> tables_;
  std::set<XaTable> names_;
  bool wants_fragments_ = false;  // of the rows event whose fragments come
};

// Gives the events to a reader that is at the beginning of a file of that format.
Status ReplayXaEvents(std::string_view bytes, RowEventReader* reader, RowBuffer* buffer);

// What is kept instead of events that are too many: the tables that they change. Of many tables none is kept.
std::string EncodeXaTables(const std::set<XaTable>& tables);
// nullopt: the bytes are events. Empty: any table.
Result<std::optional<std::vector<XaTable>>> DecodeXaTables(std::string_view bytes);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_XA_EVENTS_H_
