#include "sync/snapshot/window_rules.h"

#include <algorithm>

#include "engine/base/check.h"

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

void OpenWindows::Close(uint64_t low_ordinal) {
  const auto open = low_ordinals_.find(low_ordinal);
  BINSEEK_CHECK(open != low_ordinals_.end(), "a window is closed once");
  low_ordinals_.erase(open);
}

uint64_t OpenWindows::Settled(uint64_t last) const {
  return low_ordinals_.empty() ? last : std::min(*low_ordinals_.begin(), last);
}

}  // namespace binseek::snapshot
