#include "engine/search/score_function.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/mapping.h"
#include "engine/mapping/number.h"
#include "engine/search/date_math.h"
#include "engine/search/field_ref.h"

namespace binseek::search {
namespace {

using Kind = ScoreFunction::Kind;
using Modifier = ScoreFunction::Modifier;

std::string Shown(double value) {
  std::string out;
  JsonWriter(&out).Double(value);
  return out;
}

std::string_view NameOf(Modifier modifier) {
  constexpr std::string_view kNames[] = {"none", "log",  "log1p",  "log2p", "ln",
                                         "ln1p", "ln2p", "square", "sqrt",  "reciprocal"};
  return kNames[static_cast<size_t>(modifier)];
}

double Apply(Modifier modifier, double value) {
  switch (modifier) {
    case Modifier::kNone:
      return value;
    case Modifier::kLog:
      return std::log10(value);
    case Modifier::kLog1p:
      return std::log10(value + 1);
    case Modifier::kLog2p:
      return std::log10(value + 2);
    case Modifier::kLn:
      return std::log(value);
    case Modifier::kLn1p:
      return std::log1p(value);
    case Modifier::kLn2p:
      return std::log1p(value + 1);
    case Modifier::kSquare:
      return value * value;
    case Modifier::kSqrt:
      return std::sqrt(value);
    case Modifier::kReciprocal:
      return 1 / value;
  }
  return value;
}

uint64_t Mix(uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccd;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53;
  return value ^ (value >> 33);
}

Result<double> ParseNumber(std::string_view text, std::string_view what) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() ||
      !std::isfinite(value)) {
    return Status::InvalidArgument("failed to create query: [" + std::string(what) +
                                   "] must be a number, found [" + std::string(text) + "]");
  }
  return value;
}

}  // namespace

double Reducer::Value() {
  switch (mode_) {
    case MultiValue::kMin:
      return *std::min_element(values_.begin(), values_.end());
    case MultiValue::kMax:
      return *std::max_element(values_.begin(), values_.end());
    case MultiValue::kMedian: {
      std::sort(values_.begin(), values_.end());
      const size_t middle = values_.size() / 2;
      return values_.size() % 2 != 0 ? values_[middle]
                                     : (values_[middle - 1] + values_[middle]) / 2;
    }
    case MultiValue::kSum:
    case MultiValue::kAvg:
      break;
  }
  double sum = 0;
  for (const double value : values_) {
    sum += value;
  }
  return mode_ == MultiValue::kAvg ? sum / static_cast<double>(values_.size()) : sum;
}

Result<double> ParseTimeValue(std::string_view text, std::string_view setting) {
  constexpr struct {
    std::string_view unit;
    double millis;
  } kUnits[] = {{"nanos", 1e-6}, {"micros", 1e-3}, {"ms", 1},        {"s", 1000},
                {"m", 60'000},   {"h", 3'600'000}, {"d", 86'400'000}};
  for (const auto& unit : kUnits) {
    if (!text.ends_with(unit.unit)) {
      continue;
    }
    const std::string_view digits = text.substr(0, text.size() - unit.unit.size());
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (!digits.empty() && error == std::errc() && end == digits.data() + digits.size()) {
      return value * unit.millis;
    }
  }
  if (text == "0") {
    return 0.0;
  }
  return Status::InvalidArgument("failed to parse setting [" + std::string(setting) +
                                 "] with value [" + std::string(text) +
                                 "] as a time value: unit is missing or unrecognized");
}

Result<BoundFunction> BoundFunction::Bind(const ScoreFunction& function,
                                          const BindContext& context) {
  BoundFunction bound;
  bound.function_ = function;
  if (function.kind == Kind::kWeight) {
    return bound;
  }
  if (function.kind == Kind::kRandom) {
    bound.salted_seed_ =
        Mix(static_cast<uint64_t>(function.seed.value_or(context.now_micros)) ^ 0x9e3779b97f4a7c15);
    if (function.field.empty() || function.field == "_seq_no") {
      return bound;
    }
  }
  const std::optional<FieldRef> ref = FindField(*context.index->mapping, function.field);
  if (!ref) {
    if (function.kind == Kind::kFieldValue && function.missing) {
      return bound;
    }
    if (function.kind == Kind::kFieldValue) {
      return Status::InvalidArgument(
          "failed to create query: Unable to find a field mapper for "
          "field [" +
          function.field + "]. No 'missing' value defined.");
    }
    return Status::InvalidArgument(function.kind == Kind::kRandom
                                       ? "failed to create query: Field [" + function.field +
                                             "] is not mapped on [" + context.index->name +
                                             "] and cannot be used as a source "
                                             "of random numbers."
                                       : "failed to create query: unknown field [" +
                                             function.field + "]");
  }
  bound.field_ = *ref->field;
  bound.is_geo_ = ref->field->kind == mapping::FieldKind::kGeoPoint;
  if (function.kind == Kind::kRandom && ref->has_terms()) {
    // Texts are no numbers; what they would seed, the document's number does as well.
    bound.field_.reset();
    return bound;
  }
  const bool decays = function.kind != Kind::kRandom && function.kind != Kind::kFieldValue;
  if (!ref->is_numeric() && !(decays && bound.is_geo_)) {
    return Status::InvalidArgument("failed to create query: field [" + function.field +
                                   "] is of type [" + std::string(mapping::TypeName(*ref->field)) +
                                   "], but only numeric types are supported.");
  }
  if (decays) {
    BINSEEK_RETURN_IF_ERROR(bound.BindDecay(context));
  }
  return bound;
}

Status BoundFunction::BindDecay(const BindContext& context) {
  const ScoreFunction& f = function_;
  double scale = 0;
  if (is_geo_) {
    if (f.origin.empty()) {
      return Status::InvalidArgument(
          "failed to create query: [geo_point] decay needs an [origin] and a [scale]");
    }
    // Written down by whoever read it, as a text or as JSON.
    const Result<JsonValue> json = ParseJson(f.origin);
    Result<mapping::GeoPoint> origin = json.ok() && (json->is_object() || json->is_array())
                                           ? mapping::ParseGeo(*json)
                                           : mapping::ParseGeoText(f.origin);
    if (!origin.ok()) {
      return Status::InvalidArgument("failed to create query: " + origin.status().message());
    }
    geo_origin_ = *origin;
    BINSEEK_ASSIGN_OR_RETURN(scale, mapping::ParseDistance(f.scale));
    BINSEEK_ASSIGN_OR_RETURN(offset_, mapping::ParseDistance(f.offset.empty() ? "0" : f.offset));
  } else if (field_->is_date()) {
    const Result<int64_t> micros =
        ParseDateMath(f.origin.empty() ? "now" : f.origin, {field_->parameters().format, ""},
                      context.now_micros, /*round_up=*/false);
    if (!micros.ok()) {
      return Status::InvalidArgument("failed to create query: " + micros.status().message());
    }
    origin_ = std::floor(static_cast<double>(*micros) / 1000);
    BINSEEK_ASSIGN_OR_RETURN(scale, ParseTimeValue(f.scale, "DecayFunctionParser.scale"));
    if (!f.offset.empty()) {
      BINSEEK_ASSIGN_OR_RETURN(offset_, ParseTimeValue(f.offset, "DecayFunctionParser.offset"));
    }
  } else {
    BINSEEK_ASSIGN_OR_RETURN(origin_, ParseNumber(f.origin, "origin"));
    BINSEEK_ASSIGN_OR_RETURN(scale, ParseNumber(f.scale, "scale"));
    if (!f.offset.empty()) {
      BINSEEK_ASSIGN_OR_RETURN(offset_, ParseNumber(f.offset, "offset"));
    }
  }
  if (scale <= 0) {
    return Status::InvalidArgument("failed to create query: scale must be > 0.0");
  }
  if (offset_ < 0) {
    return Status::InvalidArgument("failed to create query: offset must be > 0.0");
  }
  scale_ = f.kind == Kind::kGauss ? 0.5 * scale * scale / std::log(f.decay)
           : f.kind == Kind::kExp ? std::log(f.decay) / scale
                                  : scale / (1 - f.decay);
  return Status::Ok();
}

BoundFunction::Reader::Reader(const BoundFunction* bound, const index::SegmentView& segment)
    : bound_(bound), segment_(&segment), reducer_(bound->function().mode) {
  if (bound_->field_) {
    numbers_ = std::make_unique<NumberReader>(segment, bound_->field_->id);
  }
}

void BoundFunction::Reader::Open(DocId first, size_t wanted) {
  first_ = first;
  if (numbers_ != nullptr) {
    numbers_->Open(first, wanted);
  }
}

// Whoever is dead cannot spoil a search.
double BoundFunction::Reader::Fail(uint32_t offset, const std::string& why) {
  if (status_.ok() && segment_->IsLive(first_ + offset)) {
    status_ = Status::InvalidArgument(why);
  }
  return 0;
}

double BoundFunction::Reader::FieldValue(uint32_t offset) {
  const ScoreFunction& f = bound_->function_;
  int64_t column_value = 0;
  double value = 0;
  if (numbers_ != nullptr && numbers_->Get(offset, false, &column_value)) {
    value = mapping::ToDouble(*bound_->field_, column_value);
  } else if (f.missing) {
    value = *f.missing;
  } else {
    return Fail(offset, "Missing value for field [" + f.field + "]");
  }
  const double scaled = value * static_cast<double>(f.factor);
  const double result = Apply(f.modifier, scaled);
  if (!std::isfinite(result)) {
    return Fail(offset, "Result of field modification [" + std::string(NameOf(f.modifier)) + "(" +
                            Shown(scaled) + ")] must be a number");
  }
  if (result < 0) {
    return Fail(offset, "field value function must not produce negative scores, but got: [" +
                            Shown(result) + "] for field value: [" + Shown(value) + "]");
  }
  return result;
}

double BoundFunction::Reader::Random(uint32_t offset) {
  uint64_t hash = bound_->salted_seed_;
  if (numbers_ == nullptr) {
    // The number of the document's last write stays with it, wherever merges put it.
    const auto seq_no = static_cast<uint64_t>(segment_->System(first_ + offset).seq_no.value_or(0));
    hash = Mix(hash ^ Mix(seq_no + 1));
  } else {
    int64_t value = 0;
    if (numbers_->Get(offset, false, &value)) {
      hash = Mix(hash ^ Mix(static_cast<uint64_t>(value)));
    }
  }
  return static_cast<double>(static_cast<float>(hash & 0x00FFFFFF) / static_cast<float>(1 << 24));
}

double BoundFunction::Reader::Decay(uint32_t offset) {
  reducer_.Clear();
  const bool geo = bound_->is_geo_;
  numbers_->ForEach(offset, [&](int64_t value) {
    const double distance =
        geo ? mapping::GeoDistanceMeters(bound_->geo_origin_, mapping::DecodeGeo(value))
            : std::abs(mapping::ToDouble(*bound_->field_, value) - bound_->origin_);
    reducer_.Add(std::max(0.0, distance - bound_->offset_));
  });
  // Without a value there is no distance.
  const double distance = reducer_.empty() ? 0 : reducer_.Value();
  switch (bound_->function_.kind) {
    case Kind::kGauss:
      return std::exp(0.5 * distance * distance / bound_->scale_);
    case Kind::kExp:
      return std::exp(bound_->scale_ * distance);
    default:
      return std::max(0.0, (bound_->scale_ - distance) / bound_->scale_);
  }
}

double BoundFunction::Reader::Score(uint32_t offset) {
  double score = 1;
  switch (bound_->function_.kind) {
    case Kind::kWeight:
      break;
    case Kind::kFieldValue:
      score = FieldValue(offset);
      break;
    case Kind::kRandom:
      score = Random(offset);
      break;
    case Kind::kGauss:
    case Kind::kExp:
    case Kind::kLinear:
      score = Decay(offset);
      break;
  }
  return bound_->function_.weight ? score * static_cast<double>(*bound_->function_.weight) : score;
}

}  // namespace binseek::search
