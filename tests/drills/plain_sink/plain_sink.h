// PlainSink: an IndexSink that can nothing but write documents by external versions, as another search cluster does.
//
// It keeps them in an engine, of which it uses no more than that: every operation is seen alone, in a batch of its own; column updates are
// refused; nothing is staged; no user data is kept. What it has becomes durable when it likes (`flush_one_in` operations), far ahead of the
// checkpoint that the pipeline keeps beside it.
//
// Thread-safe as an IndexSink has to be. Borrows the engine.
#ifndef BINSEEK_TESTS_DRILLS_PLAIN_SINK_PLAIN_SINK_H_
#define BINSEEK_TESTS_DRILLS_PLAIN_SINK_PLAIN_SINK_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "engine/index/engine.h"
#include "sync/pipeline/engine_sink.h"
#include "sync/pipeline/index_sink.h"

namespace binseek::test {

class PlainSink final : public pipeline::IndexSink {
 public:
  // `flush_one_in` 0: only by Commit.
  PlainSink(index::Engine* engine, uint32_t flush_one_in, uint64_t seed)
      : engine_(engine), sink_(engine), flush_one_in_(flush_one_in), random_(seed) {}

  pipeline::SinkCapabilities capabilities() const override { return {}; }
  Result<index::IndexId> EnsureIndex(const std::string& name,
                                     const mapping::Mapping& mapping) override {
    return sink_.EnsureIndex(name, mapping);
  }
  Status DropIndexNamed(const std::string& name, std::optional<index::IndexId> id) override {
    return sink_.DropIndexNamed(name, id);
  }
  std::shared_ptr<const mapping::Mapping> MappingOf(index::IndexId index) const override {
    return sink_.MappingOf(index);
  }
  bool IsForeign(const std::string& name) const override { return sink_.IsForeign(name); }
  // One by one; an error leaves those before it.
  Result<index::ApplyResult> Apply(const index::Batch& batch) override;
  Status VisitKeys(index::IndexId index, std::string_view source_table,
                   const std::function<void(std::string_view)>& visit) const override {
    return sink_.VisitKeys(index, source_table, visit);
  }
  std::unique_ptr<pipeline::KeyCursor> KeysBelow(index::IndexId index,
                                                 std::string_view source_table,
                                                 int64_t version) const override {
    return sink_.KeysBelow(index, source_table, version);
  }
  Status Commit() override { return sink_.Commit(); }
  std::string Checkpoint(std::string_view /*key*/) const override { return {}; }
  void ForgetTombstones(index::IndexId index, int64_t below_version) override {
    sink_.ForgetTombstones(index, below_version);
  }

 private:
  index::Engine* const engine_;
  pipeline::EngineSink sink_;
  const uint32_t flush_one_in_;
  std::mt19937_64 random_;  // of the applier
};

}  // namespace binseek::test

#endif  // BINSEEK_TESTS_DRILLS_PLAIN_SINK_PLAIN_SINK_H_
