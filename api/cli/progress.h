// Progress: what `serve` shows of a snapshot while it runs: a bar on a terminal, plain lines elsewhere.
//
// Single-threaded, but for log lines, which other threads may write meanwhile: on a terminal they go above the bar.
#ifndef BINSEEK_API_CLI_PROGRESS_H_
#define BINSEEK_API_CLI_PROGRESS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "api/handlers/sync_status.h"
#include "sync/pipeline/supervisor.h"

namespace binseek::api::cli {

// All tables' snapshots added up.
struct SnapshotTotals {
  uint64_t rows = 0;
  uint64_t estimated_rows = 0;
  double rows_per_second = 0;
  size_t tables = 0;
  size_t done = 0;
  size_t stopped = 0;
};
void AddTotals(const pipeline::SyncStatus& status, SnapshotTotals* totals);

// "[#####     ]  50 %  10,000 of 20,000 rows, 5,000 rows/s, 2 s left"
std::string BarText(const SnapshotTotals& totals);

class Progress {
 public:
  explicit Progress(bool terminal);
  ~Progress();  // ends the bar's line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Shows what has changed, of all sources; lines of those that have a name begin with it. To be called some times a second.
  void Show(const std::vector<NamedStatus>& sources);
  // A line of its own.
  void Say(const std::string& line);

 private:
  struct Shown {
    pipeline::SyncState state = pipeline::SyncState::kStopped;
    std::string error;
  };

  void ShowState(const NamedStatus& source, const Shown& before);
  void ShowBar(const SnapshotTotals& totals);

  const bool terminal_;
  bool bar_shown_ = false;
  std::string last_bar_;
  std::map<std::string, Shown> last_;  // by name
  int64_t next_line_micros_ = 0;
};

}  // namespace binseek::api::cli

#endif  // BINSEEK_API_CLI_PROGRESS_H_
