// SourceRunner: the sources of `binseek serve`: a supervisor for each, side by side over one engine.
//
//   BINSEEK_ASSIGN_OR_RETURN(sources, SourceRunner::Open(config, engine, state));   // ids are durable
//   sources->Start(&node);                                                          // at once; servers may be away
//   sources->Stop();
//
// Single-threaded: the main thread; LogPreflight from one of its own. Borrows engine and store, which must outlive it. Errors: a URL that cannot be read;
// ids and checkpoints that cannot. What one source meets while it runs is its status's, and no other's.
#ifndef BINSEEK_API_CLI_SOURCE_RUNNER_H_
#define BINSEEK_API_CLI_SOURCE_RUNNER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/config.h"
#include "api/handlers/sync_status.h"
#include "api/node.h"
#include "engine/base/result.h"
#include "engine/index/engine.h"
#include "sync/mysql/connection.h"
#include "sync/pipeline/index_owners.h"
#include "sync/pipeline/source_ids.h"
#include "sync/pipeline/state_store.h"
#include "sync/pipeline/supervisor.h"

namespace binseek::api::cli {

class SourceRunner {
 public:
  // Gives new sources their ids, and notes which indices all have, those included that the config does not name any more.
  [[nodiscard]] static Result<std::unique_ptr<SourceRunner>> Open(const Config& config,
                                                                  index::Engine* engine,
                                                                  pipeline::StateStore* state);
  ~SourceRunner() { Stop(); }
  SourceRunner(const SourceRunner&) = delete;
  SourceRunner& operator=(const SourceRunner&) = delete;

  // What keeps a source from being followed, line by line to `say`: kInvalidArgument where there is any.
  [[nodiscard]] Status CheckServers(const std::function<void(const std::string&)>& say) const;
  // The same into the log, where it keeps nobody from anything.
  void LogPreflight() const;

  // And tells the node.
  [[nodiscard]] Status Start(Node* node);
  std::vector<NamedStatus> Statuses() const;
  // All at the same time: one whose server hangs holds no other up. Idempotent.
  void Stop();

 private:
  struct Source {
    SourceConfig config;
    change::SourceId id{};
    mysql::ConnectionOptions connection;
    mapper::MapperOptions mapping;
    std::unique_ptr<pipeline::Supervisor> supervisor;
  };

  SourceRunner(const Config& config, index::Engine* engine, pipeline::StateStore* state)
      : config_(config), engine_(engine), state_(state) {}

  std::string PrefixOf(const Source& source) const;
  Status InSource(const Source& source, const Status& status) const;
  Status Prepare();
  Status ClaimAll(const pipeline::SourceIds& ids);
  pipeline::SupervisorOptions OptionsOf(const Source& source) const;

  const Config config_;
  index::Engine* const engine_;
  pipeline::StateStore* const state_;
  const std::shared_ptr<pipeline::IndexOwners> owners_ = std::make_shared<pipeline::IndexOwners>();
  std::vector<Source> sources_;
};

}  // namespace binseek::api::cli

#endif  // BINSEEK_API_CLI_SOURCE_RUNNER_H_
