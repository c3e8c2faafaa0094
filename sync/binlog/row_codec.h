// Rows as bytes: the records of the file that a transaction larger than memory lies in (row_spill.h).
//
//   row    u8 kind, varint number of its table, image before, image after
//   image  varint number of values (0: the row has none), values
//   value  u8 kind; then, by kind: nothing (absent, NULL); varint of the zigzagged integer; f64; varint length and bytes
//
// The table is a number within a list that is kept beside the bytes: rows of a transaction are of a handful of tables.
// Pure functions. What was encoded decodes to an equal row; any other bytes leave the reader failed, or give some row, and nothing is
// allocated by what they claim.
#ifndef BINSEEK_SYNC_BINLOG_ROW_CODEC_H_
#define BINSEEK_SYNC_BINLOG_ROW_CODEC_H_

#include <cstdint>
#include <string>

#include "engine/base/byte_reader.h"
#include "sync/change/row_change.h"
#include "sync/change/transaction.h"

namespace binseek::binlog {

// Appends to *out.
void EncodeRow(const change::RowChange& row, uint64_t table, std::string* out);

// Replaces *row, whose memory is used again. `reader` fails where the bytes are no row of these tables.
void DecodeRow(const change::TableList& tables, ByteReader* reader, change::RowChange* row);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_ROW_CODEC_H_
