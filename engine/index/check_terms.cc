#include "engine/index/check_terms.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace binseek::index {
namespace {

using codec::DocId;
using codec::kNoMoreDocs;

// One field of a segment.
class FieldCheck {
 public:
  FieldCheck(const codec::Segment& segment, mapping::FieldId field, const KeywordWriter& ids)
      : segment_(segment),
        field_(field),
        terms_(*segment.Terms(field)),
        ids_(segment.KeywordIds(field) == nullptr ? nullptr : &ids),
        keywords_(segment.AnyKeywords(field)),
        norms_(segment.Norms(field)),
        values_(segment.max_doc(), 0) {}

  Status Run() {
    uint64_t doc_freqs = 0;
    uint64_t total = 0;
    for (codec::BlockTermDictionary::Cursor cursor(terms_.dictionary()); cursor.Next();) {
      const codec::TermInfo info = cursor.info();
      const std::optional<uint32_t> number =
          ids_ == nullptr ? cursor.ord() : ids_->Find(field_, cursor.term());
      const Status status = number ? CheckPostings(*number, info)
                                   : Status::Corruption("no id was given to its value");
      if (!status.ok()) {
        return status.WithContext("term " + std::to_string(cursor.ord()));
      }
      doc_freqs += info.doc_freq;
      total += info.total_term_freq;
    }
    if (terms_.dictionary().corrupt()) {
      return Status::Corruption("the terms cannot be read");
    }
    if (doc_freqs != terms_.sum_doc_freq() || total != terms_.sum_total_term_freq()) {
      return Status::Corruption("the terms' statistics do not add up");
    }
    return CheckDocuments();
  }

 private:
  // `number`: the term's ordinal, or the value's id, in the column.
  Status CheckPostings(uint32_t number, const codec::TermInfo& info) {
    codec::BlockPostings postings = terms_.Postings(info);
    uint64_t docs = 0;
    uint64_t total = 0;
    for (DocId doc = postings.Next(); doc != kNoMoreDocs; doc = postings.Next()) {
      ++docs;
      total += postings.freq();
      ++values_[doc];
      if (keywords_ != nullptr) {
        const auto numbers = keywords_->Ords(doc, &scratch_);
        if (!std::binary_search(numbers.begin(), numbers.end(), number)) {
          return Status::Corruption("document " + std::to_string(doc) + " lacks it");
        }
      }
      // Searches for the best pass over what its bound says is of no use.
      const uint8_t norm = norms_ != nullptr ? norms_[doc] : 0;
      if (terms_.shape().freqs && !postings.block_impacts().Bound(postings.freq(), norm)) {
        return Status::Corruption("document " + std::to_string(doc) +
                                  " is above the bound of its block");
      }
      if (terms_.shape().positions) {
        BINSEEK_RETURN_IF_ERROR(CheckPositions(doc, postings.freq(), &postings.positions()));
      }
    }
    BINSEEK_RETURN_IF_ERROR(postings.status());
    return docs == info.doc_freq && total == info.total_term_freq
               ? Status::Ok()
               : Status::Corruption("not as many documents or occurrences as it claims");
  }

  static Status CheckPositions(DocId doc, uint32_t freq, codec::PositionCursor* positions) {
    uint32_t before = 0;
    uint32_t count = 0;
    while (positions->left() > 0) {
      const uint32_t position = positions->NextPosition();
      if (position < before) {
        return Status::Corruption("its positions in document " + std::to_string(doc) +
                                  " do not ascend");
      }
      before = position;
      ++count;
    }
    return count == freq ? Status::Ok()
                         : Status::Corruption("document " + std::to_string(doc) +
                                              " has not as many positions as occurrences");
  }

  Status CheckDocuments() {
    uint32_t with_value = 0;
    for (DocId doc = 0; doc < segment_.max_doc(); ++doc) {
      with_value += values_[doc] != 0 ? 1 : 0;
      if (norms_ != nullptr && (norms_[doc] != 0) != (values_[doc] != 0)) {
        return Status::Corruption("document " + std::to_string(doc) +
                                  " has terms without a norm, or a norm without terms");
      }
      if (keywords_ != nullptr && keywords_->Ords(doc, &scratch_).size() != values_[doc]) {
        return Status::Corruption("postings and document " + std::to_string(doc) +
                                  " hold different numbers of values");
      }
    }
    return with_value == terms_.doc_count()
               ? Status::Ok()
               : Status::Corruption("not as many documents have a value as it claims");
  }

  const codec::Segment& segment_;
  const mapping::FieldId field_;
  const codec::FieldTerms& terms_;
  const KeywordWriter* const ids_;  // null: ordinals
  const codec::OrdColumn* const keywords_;
  const uint8_t* const norms_;
  std::vector<uint32_t> values_;  // terms of each document
  std::vector<uint32_t> scratch_;
};

}  // namespace

void CheckTerms(const codec::Segment& segment, const std::string& file,
                const KeywordWriter& keywords, std::vector<std::string>* problems) {
  for (const mapping::FieldId field : segment.TermFields()) {
    const Status status = FieldCheck(segment, field, keywords).Run();
    if (!status.ok()) {
      problems->push_back(file + ": field " + std::to_string(static_cast<uint32_t>(field)) + ": " +
                          status.ToString());
    }
  }
}

}  // namespace binseek::index
