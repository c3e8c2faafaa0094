#include "engine/search/parent_pipelines.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

#include "engine/search/bucket_path.h"
#include "engine/search/value_format.h"

namespace binseek::search {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Result<ValueFormatPtr> FormatOf(const std::string& pattern) {
  return pattern.empty() ? Result<ValueFormatPtr>(ValueFormatPtr()) : MakeNumberFormat(pattern);
}

void AddNumber(const AggregationSpec& spec, double value, ValueFormatPtr format,
               std::string type_name, AggregationBucket* bucket,
               std::optional<double> normalized = std::nullopt) {
  AggregationResult result;
  result.name = spec.name;
  result.meta = spec.meta;
  result.type_name = std::move(type_name);
  NumberResult number;
  number.value = std::isfinite(value) ? std::optional(value) : std::nullopt;
  number.format = std::move(format);
  number.normalized = normalized;
  result.body = std::move(number);
  bucket->children.push_back(std::move(result));
}

}  // namespace

std::string_view SequencePipeline::type() const {
  constexpr std::string_view kTypes[] = {"cumulative_sum", "derivative", "serial_diff",
                                         "moving_fn"};
  return kTypes[static_cast<size_t>(sequence)];
}

Status SequencePipeline::Change(const AggregationSpec& spec,
                                std::vector<AggregationBucket>* buckets) const {
  BINSEEK_ASSIGN_OR_RETURN(const ValueFormatPtr written, FormatOf(format));
  std::vector<double> numbers;
  for (const AggregationBucket& bucket : *buckets) {
    BINSEEK_ASSIGN_OR_RETURN(const double number,
                             BucketNumber(bucket, path, gap_policy, spec.name));
    numbers.push_back(number);
  }
  std::vector<double> present;
  std::copy_if(numbers.begin(), numbers.end(), std::back_inserter(present),
               [](double number) { return !std::isnan(number); });
  size_t before = 0;  // of those that are present
  double sum = 0;
  for (size_t i = 0; i < buckets->size(); ++i) {
    AggregationBucket& bucket = (*buckets)[i];
    switch (sequence) {
      case Sequence::kCumulativeSum:
        sum += std::isfinite(numbers[i]) ? numbers[i] : 0;
        AddNumber(spec, sum, written, "simple_value", &bucket);
        break;
      case Sequence::kDerivative:
        if (i > 0) {
          const double change = numbers[i] - numbers[i - 1];
          std::optional<double> normalized;
          if (unit_ms > 0) {
            normalized = change / ((bucket.key_number.value_or(kNone) -
                                    (*buckets)[i - 1].key_number.value_or(kNone)) /
                                   unit_ms);
          }
          AddNumber(spec, change, written, "derivative", &bucket, normalized);
        }
        break;
      case Sequence::kSerialDifference:
        if (i >= lag && !std::isnan(numbers[i]) && !std::isnan(numbers[i - lag])) {
          AddNumber(spec, numbers[i] - numbers[i - lag], written, "simple_value", &bucket);
        }
        break;
      case Sequence::kMovingFunction: {
        if (std::isnan(numbers[i])) {
          break;  // a gap has no window, and is in none
        }
        const auto clamp = [&](int64_t at) {
          return static_cast<size_t>(
              std::clamp<int64_t>(at, 0, static_cast<int64_t>(present.size())));
        };
        const int64_t end = static_cast<int64_t>(before) + shift;
        const size_t from = clamp(end - int64_t{window});
        const size_t to = clamp(end);
        const std::span<const double> values(present.data() + from, to > from ? to - from : 0);
        AddNumber(spec, script.Evaluate({}, values), written, "simple_value", &bucket);
        ++before;
        break;
      }
    }
  }
  return Status::Ok();
}

std::vector<std::string> ScriptPipeline::paths() const {
  std::vector<std::string> out;
  for (const auto& [name, path] : variables) {
    out.push_back(path);
  }
  return out;
}

Status ScriptPipeline::Change(const AggregationSpec& spec,
                              std::vector<AggregationBucket>* buckets) const {
  BINSEEK_ASSIGN_OR_RETURN(const ValueFormatPtr written, FormatOf(format));
  std::vector<AggregationBucket> kept;
  for (AggregationBucket& bucket : *buckets) {
    BucketScript::Params params = constants;
    bool gap = false;
    for (const auto& [name, path] : variables) {
      BINSEEK_ASSIGN_OR_RETURN(const double number,
                               BucketNumber(bucket, path, gap_policy, spec.name));
      gap = gap || std::isnan(number);
      params[name] = number;
    }
    if (selects) {
      if (script.Evaluate(params) != 0) {
        kept.push_back(std::move(bucket));
      }
    } else if (!gap || gap_policy != GapPolicy::kSkip) {
      AddNumber(spec, script.Evaluate(params), written, "simple_value", &bucket);
    }
  }
  if (selects) {
    *buckets = std::move(kept);
  }
  return Status::Ok();
}

std::vector<std::string> BucketSortPipeline::paths() const {
  std::vector<std::string> out;
  for (const Key& key : sort) {
    out.push_back(key.path);
  }
  return out;
}

Status BucketSortPipeline::Change(const AggregationSpec& spec,
                                  std::vector<AggregationBucket>* buckets) const {
  struct Row {
    size_t bucket = 0;
    std::vector<double> numbers;
  };
  const auto by_text = [&](const Key& key, const AggregationBucket& bucket) {
    return key.path == "_key" && !bucket.key_number;
  };
  std::vector<Row> rows;
  for (size_t i = 0; i < buckets->size(); ++i) {
    Row row{.bucket = i, .numbers = {}};
    bool any = sort.empty();
    for (const Key& key : sort) {
      BINSEEK_ASSIGN_OR_RETURN(const double number,
                               BucketNumber((*buckets)[i], key.path, gap_policy, spec.name));
      any = any || !std::isnan(number) || by_text(key, (*buckets)[i]);
      row.numbers.push_back(number);
    }
    if (any) {
      rows.push_back(std::move(row));
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    for (size_t k = 0; k < sort.size(); ++k) {
      const AggregationBucket& left = (*buckets)[a.bucket];
      const AggregationBucket& right = (*buckets)[b.bucket];
      int order = 0;
      if (by_text(sort[k], left)) {
        order = left.key_text.compare(right.key_text);
      } else if (std::isnan(a.numbers[k]) || std::isnan(b.numbers[k])) {
        // Without a value: last in either direction.
        order =
            static_cast<int>(std::isnan(a.numbers[k])) - static_cast<int>(std::isnan(b.numbers[k]));
        if (order != 0) {
          return order < 0;
        }
      } else {
        order = a.numbers[k] < b.numbers[k] ? -1 : (b.numbers[k] < a.numbers[k] ? 1 : 0);
      }
      if (order != 0) {
        return (order < 0) != sort[k].descending;
      }
    }
    return false;
  });
  std::vector<AggregationBucket> kept;
  for (size_t i = from; i < rows.size() && (!size || kept.size() < *size); ++i) {
    kept.push_back(std::move((*buckets)[rows[i].bucket]));
  }
  *buckets = std::move(kept);
  return Status::Ok();
}

}  // namespace binseek::search
