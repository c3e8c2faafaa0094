// CommitGate: makes writes durable, many of them with one commit.
//
//   engine->CreateIndex(...);
//   BINSEEK_RETURN_IF_ERROR(gate.AwaitDurable());  // what was applied before the call is on disk
//
// For what the translog does not hold: an index that is made or dropped. Who waits has a commit that began after its call; those who wait at
// the same time share the next one. Thread-safe. Errors: those of Engine::Commit.
#ifndef BINSEEK_API_COMMIT_GATE_H_
#define BINSEEK_API_COMMIT_GATE_H_

#include <cstdint>

#include "engine/base/mutex.h"
#include "engine/base/status.h"
#include "engine/index/engine.h"

namespace binseek::api {

class CommitGate {
 public:
  // Borrows the engine.
  explicit CommitGate(index::Engine* engine) : engine_(engine) {}

  Status AwaitDurable() BINSEEK_EXCLUDES(mutex_);

 private:
  index::Engine* const engine_;

  Mutex mutex_;
  CondVar finished_cv_;
  bool running_ BINSEEK_GUARDED_BY(mutex_) = false;
  uint64_t started_ BINSEEK_GUARDED_BY(mutex_) = 0;   // commits begun
  uint64_t finished_ BINSEEK_GUARDED_BY(mutex_) = 0;  // number of the last one that ended
  Status outcome_ BINSEEK_GUARDED_BY(mutex_);         // its outcome
};

}  // namespace binseek::api

#endif  // BINSEEK_API_COMMIT_GATE_H_
