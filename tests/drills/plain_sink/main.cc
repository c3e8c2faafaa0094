// plain_sink_serve: as `binseek serve`, but that what is synced goes to a PlainSink. For ./dev drill sync-sink.
//
//   plain_sink_serve serve --data DIR --listen HOST:PORT --mysql URL
//
// BINSEEK_PLAIN_FLUSH: of so many operations one makes all durable that the sink has (default 200; 0: none does).
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "api/config.h"
#include "api/handlers/handlers.h"
#include "api/http_server.h"
#include "api/node.h"
#include "api/router.h"
#include "engine/index/engine.h"
#include "engine/store/posix_directory.h"
#include "sync/mysql/url.h"
#include "sync/pipeline/engine_sink.h"
#include "sync/pipeline/state_store.h"
#include "sync/pipeline/supervisor.h"
#include "tests/drills/plain_sink/plain_sink.h"

namespace binseek::test {
namespace {

uint64_t Setting(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

Status Serve(std::map<std::string, std::string> flags) {
  const std::string data = flags["--data"];
  std::filesystem::create_directories(data);
  BINSEEK_ASSIGN_OR_RETURN(std::shared_ptr<store::Directory> directory,
                           store::OpenPosixDirectory(data + "/index"));
  index::EngineOptions engine_options;
  engine_options.directory = std::move(directory);
  BINSEEK_ASSIGN_OR_RETURN(const auto engine, index::Engine::Open(std::move(engine_options)));
  BINSEEK_ASSIGN_OR_RETURN(const auto state, pipeline::StateStore::Open(data + "/state.db"));
  PlainSink sink(engine.get(), static_cast<uint32_t>(Setting("BINSEEK_PLAIN_FLUSH", 200)),
                 std::random_device()());

  pipeline::SupervisorOptions sync;
  BINSEEK_ASSIGN_OR_RETURN(sync.connection, mysql::ParseMysqlUrl(flags["--mysql"]));
  sync.source = change::SourceId{1};
  sync.engine = engine.get();
  sync.state = state.get();
  sync.chunk_rows = 50;
  sync.spill.folder = data + "/spill";
  sync.spill.memory_bytes = 1 << 20;
  sync.commit_interval = std::chrono::milliseconds(300);
  sync.other_sink.sink = &sink;
  sync.other_sink.checkpoint_file = data + "/checkpoint.db";
  sync.other_sink.rows = [&](std::shared_ptr<const pipeline::StaleVersions> stale) {
    return std::make_unique<pipeline::EngineRows>(engine->View(), std::move(stale));
  };
  BINSEEK_ASSIGN_OR_RETURN(const auto supervisor, pipeline::Supervisor::Start(std::move(sync)));

  BINSEEK_ASSIGN_OR_RETURN(const api::Config defaults, api::LoadConfig({}));
  api::Node node(engine.get(), state.get(), defaults.search);
  node.set_source_configured();
  node.set_sync(supervisor.get());
  const auto router = api::MakeRouter(&node);
  api::HttpServerOptions http_options;
  const std::string listen = flags["--listen"];
  http_options.host = listen.substr(0, listen.find(':'));
  http_options.port = static_cast<uint16_t>(std::stoi(listen.substr(listen.find(':') + 1)));
  BINSEEK_ASSIGN_OR_RETURN(const auto http,
                           api::HttpServer::Start(http_options, [&](api::Request request) {
                             return router.Dispatch(std::move(request));
                           }));
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  int got = 0;
  sigwait(&ends, &got);
  supervisor->Stop();
  http->Stop();
  node.set_sync(nullptr);
  return Status::Ok();
}

}  // namespace
}  // namespace binseek::test

int main(int argc, char** argv) {
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  std::map<std::string, std::string> flags;
  for (int i = 2; i + 1 < argc; i += 2) {
    flags[argv[i]] = argv[i + 1];
  }
  const binseek::Status status = binseek::test::Serve(std::move(flags));
  if (!status.ok()) {
    std::cerr << "plain_sink_serve: " << status.message() << "\n";
  }
  return status.ok() ? 0 : 1;
}
