#include "api/config_keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

#include "api/config_units.h"
#include "engine/base/log.h"
#include "engine/base/result.h"

namespace binseek::api {
namespace {

using Strings = std::vector<std::string>;
using StringMap = std::map<std::string, std::string>;

#define BINSEEK_CONFIG_MEMBER_(type, member) \
  Member<type>([](Config* c) -> type* { return &c->member; })

const ConfigKey kKeys[] = {
    {.path = "data_dir",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, data_dir),
     .default_text = "data",
     .help =
         "Folder of the index and of all state. Made where it is missing; one process at a time."},

    {.path = "server.listen",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, server.listen),
     .default_text = "127.0.0.1:9200",
     .help = "Where HTTP is served, host:port; [::1]:9200 for IPv6; port 0 takes a free one. "
             "Beyond loopback only with "
             "trust_network."},
    {.path = "server.trust_network",
     .member = BINSEEK_CONFIG_MEMBER_(bool, server.trust_network),
     .default_text = "false",
     .help = "Allows to listen beyond loopback although everybody who reaches the port may read "
             "and write, and requests to name any host; without it only those of the loopback."},
    {.path = "server.threads",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, server.threads),
     .unit = Unit::kCount,
     .default_text = "32",
     .min = 1,
     .max = 1024,
     .help = "Requests that are worked on at the same time. Idle connections take none."},
    {.path = "server.max_connections",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, server.max_connections),
     .unit = Unit::kCount,
     .default_text = "4096",
     .min = 1,
     .max = 1000000,
     .help = "Open connections; further ones are closed at once. The limit of open files (ulimit "
             "-n), less 512 for the index, bounds them too."},
    {.path = "server.max_body_bytes",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, server.max_body_bytes),
     .unit = Unit::kBytes,
     .default_text = "100mb",
     .min = kKb,
     .max = 2 * kGb,
     .help = "Largest request body, unpacked; larger ones are answered with 413."},
    {.path = "server.max_header_bytes",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, server.max_header_bytes),
     .unit = Unit::kBytes,
     .default_text = "32kb",
     .min = kKb,
     .max = kMb,
     .help = "Request line and headers together; a header takes 8 KiB at most."},
    {.path = "server.request_timeout",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, server.request_timeout_ms),
     .unit = Unit::kDuration,
     .default_text = "30s",
     .min = 100,
     .max = kHour,
     .help = "A request must have arrived, and its answer have been taken, within this time each."},
    {.path = "server.idle_timeout",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, server.idle_timeout_ms),
     .unit = Unit::kDuration,
     .default_text = "2m",
     .min = kSecond,
     .max = 24 * kHour,
     .help = "A connection without requests is closed after this time."},

    {.path = "source.name",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, source.name),
     .default_text = "default",
     .help =
         "Under this name its position is kept: with another one it is another source, which is "
         "read from the beginning. Lower-case letters, digits, _ and -; at most 64."},
    {.path = "source.url",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, source.url),
     .example = "mysql://binseek@127.0.0.1:3306/shop",
     .secret = true,
     .help = "The database to follow, mysql://user:password@host:port/database?ssl-mode=required; "
             "shop_* means all of the server's whose names match, and those that come later. "
             "Without one, binseek serves what is written over HTTP."},
    {.path = "source.url_file",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, source.url_file),
     .example = "/run/secrets/binseek_url",
     .help = "A file that holds the URL, instead of source.url."},
    {.path = "source.password",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, source.password),
     .example = "better in a file",
     .secret = true,
     .help = "The account's password, instead of one in the URL."},
    {.path = "source.password_file",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, source.password_file),
     .example = "/run/secrets/binseek_password",
     .help = "A file that holds the password, instead of source.password."},
    {.path = "source.include",
     .member = BINSEEK_CONFIG_MEMBER_(Strings, source.include),
     .example = "[products, \"shop_*\"]",
     .help = "Tables to follow, * for anything, database.table or a table alone; empty: all."},
    {.path = "source.exclude",
     .member = BINSEEK_CONFIG_MEMBER_(Strings, source.exclude),
     .example = "[\"*_log\"]",
     .help = "Tables to leave out, named likewise; stronger than include."},
    {.path = "source.rename",
     .member = BINSEEK_CONFIG_MEMBER_(StringMap, source.rename),
     .example = "{Products: products_v2}",
     .help = "Index of a table, by its name or by database.table, instead of the table's name in "
             "lower case."},
    {.path = "source.mapping",
     .member = BINSEEK_CONFIG_MEMBER_(MappingText, source.mapping),
     .example = "[{table: \"orders_%\", index: orders, id: [table, key], where: \"stock > 0\"}]",
     .help =
         "How rows become documents, by table; the first rule whose table matches counts (% or * "
         "for anything, database.table or a table alone): index, id, include, exclude, rename, "
         "where, soft_delete, fields; see api/docs/mapping.md. A table whose rule has changed at "
         "a start is read anew."},
    {.path = "source.time_zone",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, source.time_zone),
     .default_text = "UTC",
     .help = "Whose wall clock DATETIME columns are: a name of the tz database, such as "
             "Europe/Berlin, or an offset, -14:00 to +14:00. Beside UTC their fields are instants, "
             "with a Z. TIMESTAMP and DATE columns do not depend on it. Tables with a DATETIME are "
             "read anew where it has changed at a start."},
    {.path = "source.zero_dates",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, source.zero_dates),
     .default_text = "null",
     .help =
         "What becomes of zero and partial dates, '0000-00-00' and '2026-00-00': null, the field "
         "has no value; error, the row is kept as a dead letter. Tables with dates are read "
         "anew where it has changed at a start."},
    {.path = "source.server_id",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, source.server_id),
     .unit = Unit::kCount,
     .default_text = "0",
     .min = 0,
     .max = 4294967295,
     .help = "Our id among the server's replicas, unlike that of every other; 0: one that is drawn "
             "once for data_dir."},
    {.path = "source.transaction_memory",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, source.transaction_memory),
     .unit = Unit::kBytes,
     .default_text = "64mb",
     .min = kMb,
     .max = 64 * kGb,
     .help =
         "Rows of one transaction held in memory; those of a larger one go to a file in data_dir, "
         "and it is indexed in pieces of about this size, which are seen together at its end."},
    {.path = "source.transaction_disk",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, source.transaction_disk),
     .unit = Unit::kBytes,
     .default_text = "64gb",
     .min = kMb,
     .max = kGb * 16 * 1024,
     .help = "Bytes of that file, which is compressed; a transaction of more stops the source."},
    {.path = "source.dead_letter_limit",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, source.dead_letter_limit),
     .unit = Unit::kCount,
     .default_text = "10000",
     .min = 0,
     .max = 1000000000,
     .help = "Rows of one table that could not become documents; a table with more is stopped, "
             "alone, and says why. 0: no limit; each takes some memory."},

    {.path = "snapshot.chunk_rows",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, snapshot_chunk_rows),
     .unit = Unit::kCount,
     .default_text = "2000",
     .min = 10,
     .max = 1000000,
     .help = "Rows of the first SELECT of a snapshot; adapted later to how fast the server is."},
    {.path = "snapshot.parallel_ranges",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, snapshot_parallel_ranges),
     .unit = Unit::kCount,
     .default_text = "1",
     .min = 1,
     .max = 16,
     .help =
         "Ranges of a table's key that a snapshot reads at the same time, each over a connection "
         "of its own; of several tables, where one has no more. More read faster where the server "
         "or the network answers slowly, and load the server more. One where snapshot.lock: brief "
         "locks. May be another at the next start."},
    {.path = "snapshot.lock",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, snapshot_lock),
     .default_text = "none",
     .example = "brief",
     .help =
         "none or brief. MySQL without GTIDs (gtid_mode, OFF by default before 9.7) does not tell "
         "which logged transactions a SELECT sees, so that it is refused; with brief its table is "
         "locked (LOCK TABLES ... READ) for the moment in which a read begins, which takes the "
         "privilege LOCK TABLES. The lock is given between two transactions that write to the "
         "table: one that stays open holds the read up, and not the table's other writers. No "
         "other server is ever locked."},
    {.path = "snapshot.time_share",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, snapshot_time_share),
     .unit = Unit::kCount,
     .default_text = "100",
     .min = 1,
     .max = 100,
     .help = "Percent of its time that each reader of a snapshot reads; behind each chunk it rests "
             "for the remainder. 100: it never rests."},
    {.path = "snapshot.max_threads_running",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, snapshot_max_threads_running),
     .unit = Unit::kCount,
     .default_text = "0",
     .min = 0,
     .max = 100000,
     .help = "While more threads than this run on the server (Threads_running, which counts "
             "binseek's own: some two), no chunk of a snapshot is read; it is asked once a second. "
             "The stream goes on. 0: never waits."},
    {.path = "snapshot.max_replica_lag",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, snapshot_max_replica_lag_ms),
     .unit = Unit::kDuration,
     .default_text = "0ms",
     .min = 0,
     .max = 24 * kHour,
     .help = "The same while the server, where it is a replica, is further behind its own source "
             "than this, in whole seconds. To ask takes REPLICATION CLIENT, on MariaDB SLAVE "
             "MONITOR; without it a warning says so, and nothing waits. 0: never waits."},

    {.path = "engine.memory_limit",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, engine_memory_limit),
     .unit = Unit::kBytes,
     .default_text = "128mb",
     .min = kMb,
     .max = 64 * kGb,
     .help =
         "New data held in memory before it is written to disk; up to twice as much for a moment."},
    {.path = "engine.total_memory_limit",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, engine_total_memory_limit),
     .unit = Unit::kBytes,
     .default_text = "0",
     .max = 1024 * kGb,
     .help =
         "All that the index keeps in memory: new data, changed columns, keys. Above it data is "
         "written to disk, then writes wait. 0: three quarters of the machine's memory, or of "
         "its control group's."},
    {.path = "engine.commit_interval",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, engine_commit_interval_ms),
     .unit = Unit::kDuration,
     .default_text = "1s",
     .min = 10,
     .max = kHour,
     .help = "How often what came from the source becomes durable; the rest is read again after a "
             "crash. Searches see it at once."},

    {.path = "engine.translog_sync_interval",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, engine_translog_sync_interval_ms),
     .unit = Unit::kDuration,
     .default_text = "5s",
     .min = 100,
     .max = kHour,
     .help =
         "How long a document written over HTTP to an index with index.translog.durability: async "
         "may be lost by a crash. All other indices answer when it is durable."},
    {.path = "engine.translog_flush_size",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, engine_translog_flush_size),
     .unit = Unit::kBytes,
     .default_text = "512mb",
     .min = kMb,
     .max = 64 * kGb,
     .help =
         "Size of the log of documents written over HTTP from which on they are committed, so that "
         "a start has less to replay."},

    {.path = "engine.merge_threads",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, engine_merge_threads),
     .unit = Unit::kCount,
     .default_text = "0",
     .min = 0,
     .max = 64,
     .help =
         "Merges of files at the same time; 0: half as many as there are processors, at most 4. "
         "Together they hold at most half of memory_limit, or what one of them needs."},
    {.path = "engine.merge_max_rate",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, engine_merge_max_rate),
     .unit = Unit::kBytes,
     .default_text = "1gb",
     .min = kMb,
     .max = 64 * kGb,
     .help =
         "Most that merges of files write in a second, all together. The rate begins at 20mb, "
         "rises while merges fall behind and falls to 5mb while they do not, and the share of a "
         "processor that each of them takes goes along with it; small merges and forced ones are "
         "not slowed down."},

    {.path = "search.max_result_window",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, search.max_result_window),
     .unit = Unit::kCount,
     .default_text = "10000",
     .min = 1,
     .max = 1000000,
     .reloadable = true,
     .help = "Largest from + size of a search."},
    {.path = "search.default_timeout",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, search.default_timeout_ms),
     .unit = Unit::kDuration,
     .default_text = "30s",
     .min = 1,
     .max = 24 * kHour,
     .reloadable = true,
     .help = "Time of a search that names none; then it answers with what it has, and timed_out."},
    {.path = "search.max_buckets",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, search.max_buckets),
     .unit = Unit::kCount,
     .default_text = "65535",
     .min = 1,
     .max = 10000000,
     .reloadable = true,
     .help = "Buckets of all aggregations of one search."},
    {.path = "search.max_scroll_memory",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, search.max_scroll_memory),
     .unit = Unit::kBytes,
     .default_text = "256mb",
     .min = kMb,
     .max = 64 * kGb,
     .help =
         "Memory that open scrolls may keep of states that are no longer the newest; beyond it the "
         "oldest ones are closed, and their next page is answered with "
         "search_context_missing_exception."},
    {.path = "search.max_scrolls",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, search.max_scrolls),
     .unit = Unit::kCount,
     .default_text = "500",
     .min = 1,
     .max = 100000,
     .help = "Scrolls and points in time open at the same time; each keeps the index as it was "
             "when it began."},
    {.path = "search.max_response_bytes",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, search.max_response_bytes),
     .unit = Unit::kBytes,
     .default_text = "100mb",
     .min = kMb,
     .max = 2 * kGb,
     .reloadable = true,
     .help = "Largest answer of a search or a multi get; larger ones become an error, 413."},
    {.path = "search.filter_cache",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, search.filter_cache_bytes),
     .unit = Unit::kBytes,
     .default_text = "64mb",
     .min = 0,
     .max = 64 * kGb,
     .help = "Memory for which documents pass filters over numbers and dates that come again, a "
             "bit per document and filter; 0: every search finds out anew."},
    {.path = "search.threads_per_search",
     .member = BINSEEK_CONFIG_MEMBER_(int64_t, search.threads_per_search),
     .unit = Unit::kCount,
     .default_text = "1",
     .min = 0,
     .max = 64,
     .help = "Threads that go over the segments of one search, its own included, where it takes "
             "long and processors are not needed for other searches; 1: its own alone. 0: half as "
             "many as there are processors, at most 4. Searches with aggregations have their own "
             "alone."},

    {.path = "log.level",
     .member = BINSEEK_CONFIG_MEMBER_(std::string, log_level),
     .default_text = "info",
     .example = "debug",
     .reloadable = true,
     .help = "debug, info, warn or error."},
};

#undef BINSEEK_CONFIG_MEMBER_

}  // namespace

std::span<const ConfigKey> ConfigKeys() { return kKeys; }

const ConfigKey* FindConfigKey(std::string_view path) {
  const auto* found = std::find_if(std::begin(kKeys), std::end(kKeys),
                                   [&](const ConfigKey& key) { return key.path == path; });
  return found == std::end(kKeys) ? nullptr : found;
}

std::string EnvironmentName(std::string_view path) {
  std::string name = "BINSEEK_";
  for (const char c : path) {
    name += c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
  }
  return name;
}

}  // namespace binseek::api
