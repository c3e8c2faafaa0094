// Config: everything that can be set, as one plain struct, and where it comes from.
//
// Where values come from, the stronger first: flags, environment (BINSEEK_SERVER_LISTEN for server.listen), the YAML file, defaults. All keys, with
// type, unit, default and range, are in one table (config_keys.h), which reading, checking, the example file and error texts go by. An entry of the file's
// list `sources` has the keys of `source`, which then is not given.
//
// Plain value type; free functions are thread-safe. Errors: kInvalidArgument with one line per problem, each naming where it is
// ("binseek.yaml:12", "BINSEEK_SERVER_LISTEN", "--listen"), the key, and the nearest valid name for one that is unknown. No message
// holds a secret.
#ifndef BINSEEK_API_CONFIG_H_
#define BINSEEK_API_CONFIG_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace binseek::api {

struct ServerConfig {
  std::string listen;
  bool trust_network = false;
  int64_t threads = 0;
  int64_t max_connections = 0;
  int64_t max_body_bytes = 0;
  int64_t max_header_bytes = 0;
  int64_t request_timeout_ms = 0;
  int64_t idle_timeout_ms = 0;
};

// Rules of source.mapping, as the JSON that mapper::MappingRules reads; empty: none.
struct MappingText {
  std::string json;

  bool operator==(const MappingText&) const = default;
};

struct SourceConfig {
  std::string name;  // unlike that of every other
  std::string url;   // of url_file where that was given; empty: no source
  std::string url_file;
  std::string password;
  std::string password_file;
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  std::map<std::string, std::string> rename;  // table -> index
  MappingText mapping;
  std::string time_zone;
  std::string zero_dates;  // "null" or "error"
  int64_t server_id = 0;
  int64_t transaction_memory = 0;
  int64_t transaction_disk = 0;
  int64_t dead_letter_limit = 0;

  bool operator==(const SourceConfig&) const = default;
};

struct SearchConfig {
  int64_t max_result_window = 0;
  int64_t default_timeout_ms = 0;
  int64_t max_buckets = 0;
  int64_t max_scrolls = 0;
  int64_t max_scroll_memory = 0;
  int64_t max_response_bytes = 0;
  int64_t filter_cache_bytes = 0;
  int64_t threads_per_search = 0;  // 0: by the number of processors
};

struct Config {
  std::string data_dir;
  ServerConfig server;
  SourceConfig source;
  std::vector<SourceConfig> sources;  // instead of it, in a file's `sources`
  int64_t snapshot_chunk_rows = 0;
  int64_t snapshot_parallel_ranges = 0;
  std::string snapshot_lock;  // "none" or "brief"
  int64_t snapshot_time_share = 0;
  int64_t snapshot_max_threads_running = 0;
  int64_t snapshot_max_replica_lag_ms = 0;
  int64_t engine_memory_limit = 0;
  int64_t engine_total_memory_limit = 0;
  int64_t engine_commit_interval_ms = 0;
  int64_t engine_translog_sync_interval_ms = 0;
  int64_t engine_translog_flush_size = 0;
  int64_t engine_merge_threads = 0;
  int64_t engine_merge_max_rate = 0;
  SearchConfig search;
  std::string log_level;

  // Those that are to be followed: all of `sources`, or the one, or none.
  std::vector<SourceConfig> FollowedSources() const;
};

struct ConfigInputs {
  std::string file_name;  // for messages; empty: there is no file
  std::string file_text;
  // All of it; what does not start with BINSEEK_ is passed over.
  std::map<std::string, std::string> environment;
  std::vector<std::pair<std::string, std::string>> flags;  // ("server.listen", "127.0.0.1:9200")
};

// Reads `*_file` keys from disk too.
[[nodiscard]] Result<Config> LoadConfig(const ConfigInputs& inputs);

// The process's environment, as LoadConfig wants it.
std::map<std::string, std::string> ProcessEnvironment();
// Whole file, at most `max_bytes`. kNotFound, kIoError, kInvalidArgument where it is larger.
[[nodiscard]] Result<std::string> ReadSmallFile(const std::string& path, size_t max_bytes);

// Keys in which the two differ and that take effect only after a restart.
std::vector<std::string> KeysThatNeedRestart(const Config& running, const Config& wanted);

struct ListenAddress {
  std::string host;  // without brackets
  uint16_t port = 0;
  bool loopback = false;
};
// "127.0.0.1:9200", "[::1]:9200", "localhost:0".
[[nodiscard]] Result<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace binseek::api

#endif  // BINSEEK_API_CONFIG_H_
