// RowDecoder: the rows of one table map, as one schema names them.
//
// Immutable after Make; thread-safe. Shares the schema.
// Errors: kAborted where map and schema do not fit (names table and column); kCorruption for bytes that cannot be right.
#ifndef BINSEEK_SYNC_BINLOG_ROW_IMAGE_H_
#define BINSEEK_SYNC_BINLOG_ROW_IMAGE_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/binlog/column_value.h"
#include "sync/binlog/event.h"
#include "sync/binlog/row_buffer.h"
#include "sync/binlog/table_map.h"
#include "sync/change/row_change.h"

namespace binseek::binlog {

class RowDecoder {
 public:
  static Result<std::unique_ptr<RowDecoder>> Make(
      const TableMap& map, std::shared_ptr<const change::TableSchema> schema);

  // Adds the event's rows to *buffer, whose errors come through. REQUIRES: `event.rows` is unpacked.
  Status DecodeRows(const RowsEvent& event, RowBuffer* buffer) const;

  const std::shared_ptr<const change::TableSchema>& schema() const { return schema_; }

 private:
  RowDecoder() = default;
  // Of one row: what DecodeImage needs to know to read the image after a partial update.
  struct PartialImage;
  // Which columns the images of one event carry.
  struct Carried {
    std::string_view bits;
    size_t count = 0;
  };
  Carried CarriedBy(std::string_view present) const;
  Status DecodeRow(const RowsEvent& event, const Carried& first, const Carried& after,
                   ByteReader* reader, change::RowChange* row) const;
  Status DecodeImage(const Carried& carried, const PartialImage& partial, ByteReader* reader,
                     change::RowImage* image) const;
  Status DecodeDifference(size_t column, const change::RowImage& before, ByteReader* reader,
                          change::Value* value) const;
  PartialImage ReadPartialImage(const change::RowImage& before, ByteReader* reader) const;

  std::shared_ptr<const change::TableSchema> schema_;
  std::vector<ColumnPlan> plans_;
  size_t json_columns_ = 0;  // of MySQL's binary JSON
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_ROW_IMAGE_H_
