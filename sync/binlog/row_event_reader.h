// RowEventReader: table maps and rows events in, row changes out; whatever form the rows come in.
//
// Rows events are packed (MariaDB), cut into fragments (MariaDB 12.3), partial (MySQL's JSON differences) or plain. Table maps hold until
// their statement's end, and are dropped with their file.
//
// Single-threaded: the reader of the stream. Errors: kCorruption for bytes that cannot be right, of events or of fragments;
// kResourceExhausted for an event above the limit; those of the buffer. Rows of a table that do not fit its schema, or cannot be read, are
// no error: the buffer leaves them out.
#ifndef BINSEEK_SYNC_BINLOG_ROW_EVENT_READER_H_
#define BINSEEK_SYNC_BINLOG_ROW_EVENT_READER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "engine/base/result.h"
#include "sync/binlog/event.h"
#include "sync/binlog/row_buffer.h"
#include "sync/binlog/schema_provider.h"
#include "sync/binlog/table_cache.h"

namespace binseek::binlog {

class RowEventReader {
 public:
  // `limit_bytes`: of one unpacked event. `cascades_from`: as TableCache's.
  RowEventReader(SchemaProvider schema_provider, bool mariadb, uint64_t limit_bytes,
                 CascadeFilter cascades_from = nullptr)
      : limit_bytes_(limit_bytes),
        tables_(std::move(schema_provider), mariadb, std::move(cascades_from)) {}

  // Whether the event is one for Take: a table map, rows, a fragment of rows.
  static bool Takes(EventType type);

  Status Take(const Event& event, RowBuffer* buffer);

  // A new file or stream: table maps and fragments of before mean nothing.
  void BeginFile(const FormatDescription& format);
  void EndTransaction() { tables_.Trim(); }

 private:
  Status TakeRows(const Event& event, RowBuffer* buffer);
  Status NoteCascade(const Event& event, uint64_t table_id, bool seen, RowBuffer* buffer) const;
  Status DecodeRowsOf(const RowDecoder& decoder, const Event& event, RowBuffer* buffer);
  Status DecodeVersioned(const RowDecoder& decoder,
                         const std::shared_ptr<const change::TableSchema>& table,
                         const Event& event, RowBuffer* buffer);
  Status TakeFragment(const Event& event, RowBuffer* buffer);

  const uint64_t limit_bytes_;
  FormatDescription format_;
  TableCache tables_;
  std::string unpacked_;
  std::string fragments_;            // of one event, put together
  uint32_t fragments_expected_ = 0;  // 0: none came yet
  uint32_t fragments_taken_ = 0;
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_ROW_EVENT_READER_H_
