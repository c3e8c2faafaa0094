// terms: a bucket per value. Keywords are counted by their ordinal within a segment, which is translated to a bucket at its first occurrence
// there; numbers, dates and booleans by value. Counts are exact.
#include <algorithm>
#include <limits>
#include <memory>
#include <unordered_map>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/mapping.h"
#include "engine/search/aggregator.h"
#include "engine/search/bucket_table.h"
#include "engine/search/field_values.h"
#include "engine/search/terms_order.h"
#include "engine/search/value_form.h"

namespace binseek::search {
namespace {

// What both kinds of keys share: hands documents on, and builds the result. Key: std::string or int64_t.
template <class Key>
class TermsAggregator : public Aggregator {
 public:
  Result<AggregationResult> Build(uint32_t parent) override {
    AggregationResult result;
    result.name = spec_->name;
    result.kind = spec_->kind;
    result.type_name = type_name_;
    std::vector<CandidateBucket> shown;
    uint64_t total = 0;
    for (const uint32_t id : table_.OfParent(parent)) {
      if (table_.count(id) >= spec_->min_doc_count) {
        total += table_.count(id);
        shown.push_back({id, table_.count(id), {}, 0});
      }
    }
    const bool by_metric = OrdersByMetric(*spec_);
    if (by_metric) {
      // The buckets are built to be compared; most of them are not shown, and do not count against the limit.
      const uint32_t before = context_->buckets;
      for (CandidateBucket& bucket : shown) {
        BINSEEK_ASSIGN_OR_RETURN(bucket.children, children_.Build(bucket.id));
        bucket.buckets_below = context_->buckets - before;
        context_->buckets = before;
      }
    }
    SortBuckets(
        *spec_, [this](uint32_t a, uint32_t b) { return Compare(a, b); }, &shown);
    BINSEEK_RETURN_IF_ERROR(context_->AddBuckets(shown.size()));
    for (CandidateBucket& bucket : shown) {
      AggregationBucket out;
      Show(table_.key(bucket.id), &out);
      out.doc_count = bucket.count;
      total -= bucket.count;
      if (by_metric) {
        BINSEEK_RETURN_IF_ERROR(context_->AddBuckets(bucket.buckets_below));
        out.children = std::move(bucket.children);
      } else {
        BINSEEK_ASSIGN_OR_RETURN(out.children, children_.Build(bucket.id));
      }
      result.buckets.push_back(std::move(out));
    }
    result.sum_other_doc_count = total;
    return result;
  }

 protected:
  TermsAggregator(const AggregationSpec* spec, AggregationContext* context, std::string type_name,
                  SubAggregators children)
      : spec_(spec),
        context_(context),
        type_name_(std::move(type_name)),
        children_(std::move(children)),
        table_(context) {}

  virtual void Show(const Key& key, AggregationBucket* out) const = 0;

  // A document's buckets, between Begin and HandOn.
  void Begin() {
    offsets_.clear();
    buckets_.clear();
  }
  Status Add(uint32_t offset, uint32_t bucket) {
    table_.Count(bucket);
    if (!children_.empty()) {
      BINSEEK_RETURN_IF_ERROR(context_->Append(offset, &offsets_));
      BINSEEK_RETURN_IF_ERROR(context_->Append(bucket, &buckets_));
    }
    return Status::Ok();
  }
  Status HandOn(DocId first) {
    return offsets_.empty()
               ? Status::Ok()
               : children_.Collect({.first = first, .offsets = offsets_, .buckets = buckets_});
  }

  const AggregationSpec& spec() const { return *spec_; }
  AggregationContext* context() const { return context_; }
  SubAggregators* children() { return &children_; }
  BucketTable<Key>* table() { return &table_; }

 private:
  int Compare(uint32_t a, uint32_t b) const {
    const Key& left = table_.key(a);
    const Key& right = table_.key(b);
    return left < right ? -1 : (right < left ? 1 : 0);
  }

  const AggregationSpec* const spec_;
  AggregationContext* const context_;
  const std::string type_name_;
  SubAggregators children_;
  BucketTable<Key> table_;
  std::vector<uint32_t> offsets_;
  std::vector<uint32_t> buckets_;
};

class KeywordTermsAggregator final : public TermsAggregator<std::string> {
 public:
  KeywordTermsAggregator(const AggregationSpec* spec, AggregationContext* context, ValueForm form,
                         SubAggregators children)
      : TermsAggregator(spec, context, form.kind() == ValueForm::Kind::kNone ? "umterms" : "sterms",
                        std::move(children)),
        form_(std::move(form)) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    ords_.reset();
    root_ids_.clear();
    nested_ids_.clear();
    if (const std::optional<FieldRef>& ref = form_.ref(index); ref) {
      ords_ = std::make_unique<OrdReader>(segment, *ref);
      const size_t ords = ords_->range().end - ords_->range().begin;
      BINSEEK_RETURN_IF_ERROR(context()->Reserve(ords, &root_ids_));
      root_ids_.assign(ords, kUnknown);
      if (spec().min_doc_count == 0) {
        BINSEEK_RETURN_IF_ERROR(AddEmptyTerms());
      }
    }
    return children()->OpenSegment(index, segment);
  }

  Status Collect(const BucketedDocs& docs) override {
    Begin();
    Status status;
    for (size_t i = 0; i < docs.offsets.size() && status.PeekOk(); ++i) {
      const uint32_t offset = docs.offsets[i];
      const uint32_t parent = docs.buckets[i];
      const bool any = ords_ != nullptr && ords_->ForEach(docs.first + offset, [&](uint32_t ord) {
        uint32_t* const id = IdOf(parent, ord);
        if (*id == kUnknown) {
          status = Translate(parent, ord, id);
        }
        if (*id != kUnknown && status.PeekOk()) {
          status = Add(offset, *id);
        }
      });
      if (!any && spec().missing) {
        BINSEEK_ASSIGN_OR_RETURN(const uint32_t id, table()->Find(parent, *spec().missing));
        BINSEEK_RETURN_IF_ERROR(Add(offset, id));
      }
    }
    BINSEEK_RETURN_IF_ERROR(std::move(status));
    return HandOn(docs.first);
  }

 private:
  static constexpr uint32_t kUnknown = std::numeric_limits<uint32_t>::max();
  static constexpr size_t kNestedIdBytes =
      sizeof(std::pair<uint64_t, uint32_t>) + 3 * sizeof(void*);  // an entry with its pointers

  uint32_t* IdOf(uint32_t parent, uint32_t ord) {
    if (parent == 0) {
      return &root_ids_[ord - ords_->range().begin];
    }
    return &nested_ids_.try_emplace(uint64_t{parent} << 32 | ord, kUnknown).first->second;
  }

  Status Translate(uint32_t parent, uint32_t ord, uint32_t* id) {
    if (nested_ids_.size() > most_nested_) {
      most_nested_ = nested_ids_.size();
      BINSEEK_RETURN_IF_ERROR(context()->AddBytes(kNestedIdBytes));
    }
    BINSEEK_ASSIGN_OR_RETURN(*id, table()->Find(parent, std::string(ords_->Text(ord))));
    return Status::Ok();
  }

  // Terms without a document are shown too; only at the root, where the parent is known before any document comes.
  Status AddEmptyTerms() {
    for (uint32_t ord = ords_->range().begin; ord < ords_->range().end; ++ord) {
      if (ords_->IsValue(ord)) {
        BINSEEK_RETURN_IF_ERROR(Translate(0, ord, IdOf(0, ord)));
      }
    }
    return Status::Ok();
  }

  void Show(const std::string& key, AggregationBucket* out) const override {
    out->key_text = key;
    JsonWriter(&out->key_json).String(key);
  }

  const ValueForm form_;
  std::unique_ptr<OrdReader> ords_;
  // Bucket of each ordinal of the segment; of those under other parents than the first in a map.
  std::vector<uint32_t> root_ids_;
  std::unordered_map<uint64_t, uint32_t> nested_ids_;
  size_t most_nested_ = 0;  // over all segments
};

class NumberTermsAggregator final : public TermsAggregator<int64_t> {
 public:
  NumberTermsAggregator(const AggregationSpec* spec, AggregationContext* context, ValueForm form,
                        std::optional<int64_t> missing, std::string type_name,
                        SubAggregators children)
      : TermsAggregator(spec, context, std::move(type_name), std::move(children)),
        form_(std::move(form)),
        missing_(missing) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    numbers_.reset();
    if (const std::optional<FieldRef>& ref = form_.ref(index); ref) {
      field_ = ref->field;
      numbers_ = std::make_unique<NumberReader>(segment, ref->field->id);
    }
    return children()->OpenSegment(index, segment);
  }

  Status Collect(const BucketedDocs& docs) override {
    Begin();
    if (numbers_ != nullptr) {
      numbers_->Open(docs.first, docs.offsets.size());
    }
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      values_.clear();
      if (numbers_ != nullptr) {
        numbers_->ForEach(docs.offsets[i], [&](int64_t value) {
          const int64_t common = form_.Common(*field_, value);
          if (values_.empty() || values_.back() != common) {  // they ascend
            values_.push_back(common);
          }
        });
      }
      if (values_.empty() && missing_) {
        values_.push_back(*missing_);
      }
      for (const int64_t value : values_) {
        BINSEEK_ASSIGN_OR_RETURN(const uint32_t id, table()->Find(docs.buckets[i], value));
        BINSEEK_RETURN_IF_ERROR(Add(docs.offsets[i], id));
      }
    }
    return HandOn(docs.first);
  }

 private:
  void Show(const int64_t& key, AggregationBucket* out) const override {
    form_.AppendJson(key, &out->key_json);
    out->key_text = out->key_json;
    out->key_as_string = form_.AsString(key);
  }

  const ValueForm form_;
  const std::optional<int64_t> missing_;
  const mapping::Field* field_ = nullptr;
  std::unique_ptr<NumberReader> numbers_;
  std::vector<int64_t> values_;  // of one document
};

const char* NumberTypeName(const ValueForm& form) {
  if (form.kind() == ValueForm::Kind::kDouble) {
    return "dterms";
  }
  switch (form.field().kind) {
    case mapping::FieldKind::kUnsignedLong:
      return "ulterms";
    case mapping::FieldKind::kDecimal:
    case mapping::FieldKind::kFloat:
    case mapping::FieldKind::kDouble:
      return "dterms";
    default:
      return "lterms";
  }
}

}  // namespace

Result<std::unique_ptr<Aggregator>> MakeTermsAggregator(const AggregationSpec& spec,
                                                        AggregationContext* context) {
  BINSEEK_RETURN_IF_ERROR(CheckTermsOrder(spec));
  BINSEEK_ASSIGN_OR_RETURN(ValueForm form, ValueForm::Resolve(context->indices, spec.field));
  SubAggregators children;
  BINSEEK_RETURN_IF_ERROR(children.Make(spec.children, context));
  if (!form.is_number()) {
    return std::unique_ptr<Aggregator>(std::make_unique<KeywordTermsAggregator>(
        &spec, context, std::move(form), std::move(children)));
  }
  std::optional<int64_t> missing;
  if (spec.missing) {
    BINSEEK_ASSIGN_OR_RETURN(missing, form.Parse(*spec.missing));
  }
  const char* const type_name = NumberTypeName(form);
  return std::unique_ptr<Aggregator>(std::make_unique<NumberTermsAggregator>(
      &spec, context, std::move(form), missing, type_name, std::move(children)));
}

}  // namespace binseek::search
