// The captured binlogs of tests/sync/binlog/data, event by event, and the rows that an assembler makes of them.
#ifndef BINSEEK_TESTS_SYNC_BINLOG_CAPTURED_STREAM_H_
#define BINSEEK_TESTS_SYNC_BINLOG_CAPTURED_STREAM_H_

#include <memory>
#include <string>
#include <vector>

#include "sync/binlog/transaction_assembler.h"

namespace binseek::binlog {

struct CapturedEvent {
  std::string name;   // "WRITE_ROWS"
  std::string bytes;  // header to checksum
};

// Empty, with a failure, where the file cannot be read.
std::vector<CapturedEvent> ReadCaptured(bool mariadb);

// Options for a stream of either server with shop.product captured; its shape follows the ALTER TABLE in the streams.
class CapturedTables {
 public:
  explicit CapturedTables(bool mariadb) : mariadb_(mariadb) {}
  AssemblerOptions Options();
  // To be told of every transaction.
  void See(const change::Transaction& transaction);

 private:
  const bool mariadb_;
  bool with_brand_ = false;
  std::shared_ptr<const change::TableSchema> table_;
};

}  // namespace binseek::binlog

#endif  // BINSEEK_TESTS_SYNC_BINLOG_CAPTURED_STREAM_H_
