// The types of an Expression's nodes, and what literals become beside them. For its parts alone.
//
// Thread-safety: pure functions.
#ifndef BINSEEK_SYNC_MAPPER_EXPRESSION_TYPES_H_
#define BINSEEK_SYNC_MAPPER_EXPRESSION_TYPES_H_

#include <string>

#include "engine/base/status.h"
#include "sync/change/table_schema.h"
#include "sync/mapper/expression_node.h"

namespace binseek::mapper {

ExpressionType TypeOf(const change::Column& column);
change::Column ColumnOf(change::ColumnType type);
// Of exact numbers of at most so many digits: whole ones that surely fit are BIGINT.
change::Column NumberColumn(int precision, int scale);
// Digits behind the point, and in all, that a node's numbers have at most.
int ScaleOf(const ExpressionNode& node);
int PrecisionOf(const ExpressionNode& node);
// Whether values of one are values of the other, in the same form.
bool SameType(const change::Column& a, const change::Column& b);

// For messages: "column `a` of type INT", "the text 'x'".
std::string Shown(const ExpressionNode& node);
Status Unfit(const ExpressionNode& a, const ExpressionNode& b);

// Makes a quoted moment one of that type. False: it is none.
bool TakeMoment(ExpressionType type, ExpressionNode* literal);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_EXPRESSION_TYPES_H_
