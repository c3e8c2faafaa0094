#include "sync/snapshot/window_rules.h"

#include <algorithm>

namespace binseek::snapshot {

bool ShowsAll(const LowWatermark& low, const Shown& shown) {
  const bool finished =
      std::none_of(low.late.begin(), low.late.end(),
                   [&](const std::string& name) { return shown.unfinished.count(name) != 0; });
  if (shown.flavor == change::Flavor::kMysql) {
    const bool has_gtids = low.at_start || !low.position.gtids.empty();
    return shown.locked || (has_gtids && finished && shown.executed.Contains(low.position.gtids));
  }
  return finished && !(shown.snapshot < low.position.binlog);
}

bool MayApply(const change::BinlogPosition& high, const change::BinlogPosition& reached) {
  return !(reached < high);
}

uint64_t OpenWindows::Settled(uint64_t last) const {
  return low_ordinals_.empty() ? last : std::min(low_ordinals_.front(), last);
}

}  // namespace binseek::snapshot
