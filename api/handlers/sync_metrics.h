// What /_metrics says of a source and of each of its tables.
//
// A pure function of the status; thread-safe. Series: some fifty of a source, of which most are the stop codes, and nine at most of a table.
#ifndef BINSEEK_API_HANDLERS_SYNC_METRICS_H_
#define BINSEEK_API_HANDLERS_SYNC_METRICS_H_

#include "engine/base/metrics.h"
#include "sync/pipeline/supervisor.h"

namespace binseek::api {

// `labels`: those that all series of the source have.
void AddSyncMetrics(const pipeline::SyncStatus& status, const MetricLabels& labels,
                    MetricsRegistry* registry);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_SYNC_METRICS_H_
