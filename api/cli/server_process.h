// ServerProcess: the life of `binseek serve`: what is opened in which order, and closed in the other.
//
// Runs on the main thread, which takes the signals. Errors: what cannot be opened, a preflight that fails before the first snapshot.
#ifndef BINSEEK_API_CLI_SERVER_PROCESS_H_
#define BINSEEK_API_CLI_SERVER_PROCESS_H_

#include <csignal>
#include <memory>
#include <thread>

#include "api/cli/common.h"
#include "api/cli/progress.h"
#include "api/cli/source_runner.h"
#include "api/config.h"
#include "api/http_server.h"
#include "api/node.h"
#include "api/router.h"
#include "engine/base/result.h"
#include "engine/index/engine.h"
#include "sync/pipeline/state_store.h"

namespace binseek::api::cli {

class ServerProcess {
 public:
  // Serves until SIGINT or SIGTERM.
  [[nodiscard]] static Status Run(const ConfigFlags& flags);

 private:
  explicit ServerProcess(const ConfigFlags& flags) : flags_(flags) {}

  Status Start();
  Status OpenStores();
  Status StartHttp();
  // Whether SIGINT or SIGTERM came already: a start takes its time, and nobody takes signals meanwhile.
  static bool EndAsked();
  void WaitForEnd(const sigset_t& signals);
  void Reload();
  void DrainHttp();
  void Stop();

  const ConfigFlags& flags_;
  Config config_;
  bool first_start_ = true;

  // In the order of their opening.
  std::unique_ptr<Progress> progress_;
  std::unique_ptr<pipeline::StateStore> state_;
  std::unique_ptr<index::Engine> engine_;
  std::unique_ptr<Node> node_;
  Router router_;
  std::unique_ptr<SourceRunner> sources_;  // null: there are none
  std::unique_ptr<HttpServer> http_;
  std::thread preflight_;
};

}  // namespace binseek::api::cli

#endif  // BINSEEK_API_CLI_SERVER_PROCESS_H_
