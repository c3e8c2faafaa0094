// Values as column values: the 64-bit integers of engine/mapping/number.h.
//
// Thread-safety: pure functions. Errors: kInvalidArgument saying what does not fit, without the value.
#ifndef BINSEEK_SYNC_MAPPER_VALUE_NUMBER_H_
#define BINSEEK_SYNC_MAPPER_VALUE_NUMBER_H_

#include <cstdint>
#include <optional>

#include "engine/base/result.h"
#include "engine/mapping/field.h"
#include "sync/change/value.h"
#include "sync/mapper/time_zone.h"

namespace binseek::mapper {

// Sets *number to the value's column value in a numeric `field`; nullopt for NULL and for zero and partial dates
// ('0000-00-00', '2026-00-00'), which are no moments. A DATETIME is the wall clock of `zone` (null: UTC), a DATE a day of the calendar.
// Integers, dates, FLOAT and DOUBLE are exact, DECIMAL too in a decimal field; in a double field it is rounded.
// REQUIRES: field.is_numeric(); the value is not kAbsent.
Status ColumnValueOf(const mapping::Field& field, const change::Value& value, const TimeZone* zone,
                     std::optional<int64_t>* number);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_VALUE_NUMBER_H_
