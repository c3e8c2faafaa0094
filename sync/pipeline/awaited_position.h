// AwaitedPosition: what a client that has written to the source waits for: that the index reflects this.
//
// A MySQL GTID ("uuid:7", "uuid:tag:7") or a whole set of them, a MariaDB GTID ("0-1011-15") or one for each of several domains, or a
// place in the binlog of the followed server ("binlog.000007:1234", as SHOW BINARY LOG STATUS tells it).
//
// Plain value type. Errors: kInvalidArgument, saying what cannot be read, or why the source can never get there.
#ifndef BINSEEK_SYNC_PIPELINE_AWAITED_POSITION_H_
#define BINSEEK_SYNC_PIPELINE_AWAITED_POSITION_H_

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/base/result.h"
#include "sync/change/position.h"

namespace binseek::pipeline {

class AwaitedPosition {
 public:
  // Of either flavour; which one is told from the text. At least one GTID.
  static Result<AwaitedPosition> ParseGtid(std::string_view text);
  // "file:offset"
  static Result<AwaitedPosition> ParseBinlog(std::string_view text);

  // Whether `reached` has all of it.
  Result<bool> IsIn(const change::SourcePosition& reached) const;
  // In the server's own words.
  std::string ToString() const;

 private:
  using Place = std::variant<change::GtidSet, change::MariadbGtidPosition, change::BinlogPosition>;

  explicit AwaitedPosition(Place place) : place_(std::move(place)) {}

  Place place_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_AWAITED_POSITION_H_
