#include "sync/binlog/dump_errors.h"

#include <algorithm>
#include <iterator>

#include "sync/change/stop_code.h"

namespace binseek::binlog {
namespace {

// Parts of the texts, of all versions: "slave" became "replica", "master" became "source".
constexpr std::string_view kGone[] = {
    // Files and offsets, both servers.
    "Could not find first log file name in binary log index",
    "Could not find the first log file name in the index",
    "from impossible position",
    "from position > file size",
    // MySQL: purged; ahead; its GTIDs were switched off, or not on yet where the files begin.
    "purged required binary logs",
    "has purged binary logs containing GTIDs",
    "has more GTIDs than the",
    "this server has GTID_MODE =",
    "Cannot replicate anonymous transaction when",
    "Cannot replicate GTID-transaction when",
    "Found old binary log without GTIDs",
    // MariaDB: purged; ahead, or another history; a hole in its history.
    "Could not find GTID state requested by",
    "requested to start from GTID",
    "is missing the GTID",
};

}  // namespace

bool IsHistoryGone(std::string_view server_text) {
  return std::any_of(std::begin(kGone), std::end(kGone), [&](std::string_view part) {
    return server_text.find(part) != std::string_view::npos;
  });
}

Status DumpFailures::Take(uint64_t ordinal, const change::BinlogPosition& place,
                          const Status& why) {
  at_one_place_ = at_one_place_ > 0 && ordinal == ordinal_ ? at_one_place_ + 1 : 1;
  ordinal_ = ordinal;
  return at_one_place_ <= kMost
             ? Status::Ok()
             : change::Because(change::StopCode::kBinlogUnreadable,
                               Status::Aborted("the server cannot read its binlog behind " +
                                               place.ToString() + ": " + why.message()));
}

}  // namespace binseek::binlog
