// LateCommits: XA transactions whose commit was handed out a short while ago, and that the server may not show to readers yet.
//
// Servers that LogsXaCommitsEarly tells write an XA COMMIT to their binlog, position and all, before their engines commit (MariaDB's
// ha_commit_or_rollback_by_xid asks the binlog first), so a view behind the commit's position may lack its rows. XA RECOVER lists the transaction
// until the engines are done. So whoever reads waits until none of these is listed.
//
// Kept for a minute, and forgotten when the same name is prepared again: a server that holds a commit back for longer is no race any more. A restart of ours
// forgets them too; a stream that begins takes for late what XA RECOVER lists and it does not know, for some seconds, since most of these will only
// be undecided. Plain value; its owner's lock guards it.
#ifndef BINSEEK_SYNC_BINLOG_LATE_COMMITS_H_
#define BINSEEK_SYNC_BINLOG_LATE_COMMITS_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "sync/change/prepared_set.h"

namespace binseek::binlog {

class LateCommits {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kKept{60};
  static constexpr std::chrono::seconds kKeptFromBefore{12};  // semi-sync waits for ten
  static constexpr size_t kMost = 10'000;                     // the oldest go first

  void Add(std::string name, Time now);
  // One whose commit may have been logged before the stream began. REQUIRES: nothing was added by Add.
  void AddFromBefore(std::string name, Time now) {
    Add(std::move(name), now - (kKept - kKeptFromBefore));
  }
  // Those that `prepared` holds are other transactions by now.
  void Forget(const change::PreparedSet& prepared);
  std::vector<std::string> Names(Time now) const;
  bool empty() const { return commits_.empty(); }

 private:
  struct Commit {
    std::string name;
    Time at;
  };
  std::deque<Commit> commits_;  // the oldest first
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_LATE_COMMITS_H_
