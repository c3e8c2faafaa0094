// Documents by the value of a number: what foreign keys ask.
//
// Thread-safe: pure functions of an immutable view.
#ifndef BINSEEK_SYNC_PIPELINE_NUMBER_LOOKUP_H_
#define BINSEEK_SYNC_PIPELINE_NUMBER_LOOKUP_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/mapping/field.h"
#include "sync/pipeline/index_sink.h"

namespace binseek::pipeline {

// Visits the live documents of the table (index::Operation::source_table) whose column has one of `values` (ascending). kCorruption. Cost: pages whose smallest and
// largest value have none of them between are passed over, others are read: some ns a document.
[[nodiscard]] Status VisitByNumber(const index::IndexView& index, mapping::FieldId field,
                                   std::span<const int64_t> values, std::string_view source_table,
                                   const NumberedVisit& visit);

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_NUMBER_LOOKUP_H_
