#include "tests/drills/plain_sink/plain_sink.h"

#include <utility>

namespace binseek::test {

Result<index::ApplyResult> PlainSink::Apply(const index::Batch& batch) {
  index::ApplyResult all;
  for (const index::Operation& operation : batch.operations) {
    if (operation.kind == index::OpKind::kUpdateColumns) {
      return Status::Internal("a plain sink was given a column update");
    }
    index::Batch one;
    one.operations.push_back(operation);
    BINSEEK_ASSIGN_OR_RETURN(index::ApplyResult result, sink_.Apply(one));
    all.epoch = result.epoch;
    all.results.push_back(std::move(result.results[0]));
    if (flush_one_in_ != 0 && random_() % flush_one_in_ == 0) {
      BINSEEK_RETURN_IF_ERROR(engine_->Commit().status());
    }
  }
  return all;
}

}  // namespace binseek::test
