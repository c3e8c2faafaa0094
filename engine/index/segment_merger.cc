#include "engine/index/segment_merger.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/codec/segment_encoder.h"

namespace binseek::index {
namespace {

using codec::kNoMoreDocs;
using codec::TermDictionary;
using mapping::FieldId;

class Merger {
 public:
  explicit Merger(const std::vector<std::shared_ptr<const SegmentView>>& segments)
      : segments_(segments) {}

  Result<MergedSegment> Run() {
    MapDocuments();
    codec::SegmentEncoder encoder(out_.docs);
    std::set<FieldId> term_fields;
    std::set<FieldId> number_fields;
    for (const auto& segment : segments_) {
      const auto fields = segment->segment().TermFields();
      term_fields.insert(fields.begin(), fields.end());
      for (const auto& [field, column] : segment->columns()) {
        number_fields.insert(field);
      }
    }
    for (const FieldId field : term_fields) {
      MergeTerms(field, &encoder);
    }
    for (const FieldId field : number_fields) {
      MergeNumbers(field, &encoder);
    }
    ForEachLive([&](size_t i, DocId doc, DocId) {
      const codec::Segment& segment = segments_[i]->segment();
      encoder.AddDocument(segment.Key(doc), segment.StoredVerbatim(doc), segment.Stored(doc));
    });
    BINSEEK_ASSIGN_OR_RETURN(out_.payload, encoder.Finish());
    return std::move(out_);
  }

 private:
  void MapDocuments() {
    for (const auto& segment : segments_) {
      std::vector<DocId> map(segment->max_doc(), kNoMoreDocs);
      for (DocId doc = 0; doc < segment->max_doc(); ++doc) {
        if (segment->IsLive(doc)) {
          map[doc] = out_.docs++;
        }
      }
      out_.doc_maps.push_back(std::move(map));
    }
  }

  template <class Visit>
  void ForEachLive(const Visit& visit) const {
    for (size_t i = 0; i < segments_.size(); ++i) {
      for (DocId doc = 0; doc < segments_[i]->max_doc(); ++doc) {
        if (out_.doc_maps[i][doc] != kNoMoreDocs) {
          visit(i, doc, out_.doc_maps[i][doc]);
        }
      }
    }
  }

  // One term of several dictionaries at a time, in order. Terms whose documents are all dead are left out.
  void MergeTerms(FieldId field, codec::SegmentEncoder* encoder) {
    struct Cursor {
      size_t segment;
      const TermDictionary* terms;
      uint32_t ord;
    };
    std::vector<Cursor> cursors;
    std::vector<std::vector<uint32_t>> new_ords(segments_.size());
    for (size_t i = 0; i < segments_.size(); ++i) {
      const TermDictionary* terms = segments_[i]->segment().Terms(field);
      if (terms != nullptr && terms->size() > 0) {
        cursors.push_back({i, terms, 0});
        new_ords[i].assign(terms->size(), 0);
      }
    }
    uint32_t next_ord = 0;
    uint64_t sum_total_term_freq = 0;
    std::vector<DocId> docs;
    std::vector<uint32_t> freqs;
    encoder->BeginTerms(field);
    while (!cursors.empty()) {
      std::string_view least = cursors[0].terms->Term(cursors[0].ord);
      for (const Cursor& cursor : cursors) {
        least = std::min(least, cursor.terms->Term(cursor.ord));
      }
      docs.clear();
      freqs.clear();
      for (Cursor& cursor : cursors) {  // in segment order, so documents come out ascending
        if (cursor.terms->Term(cursor.ord) != least) {
          continue;
        }
        auto postings = cursor.terms->Postings(cursor.ord);
        for (DocId doc = postings.Next(); doc != kNoMoreDocs; doc = postings.Next()) {
          const DocId mapped = out_.doc_maps[cursor.segment][doc];
          if (mapped != kNoMoreDocs) {
            docs.push_back(mapped);
            freqs.push_back(postings.freq());
            sum_total_term_freq += postings.freq();
          }
        }
        new_ords[cursor.segment][cursor.ord++] = next_ord;
      }
      if (!docs.empty()) {
        encoder->AddTerm(least, docs, freqs);
        ++next_ord;
      }
      std::erase_if(cursors,
                    [](const Cursor& cursor) { return cursor.ord == cursor.terms->size(); });
    }
    MergePerDocument(field, new_ords, sum_total_term_freq, encoder);
  }

  // Ends the field's terms and writes its norms (text) or ordinals (keywords).
  void MergePerDocument(FieldId field, const std::vector<std::vector<uint32_t>>& new_ords,
                        uint64_t sum_total_term_freq, codec::SegmentEncoder* encoder) {
    bool has_norms = false;
    for (const auto& segment : segments_) {
      has_norms = has_norms || segment->segment().Norms(field) != nullptr;
    }
    uint32_t doc_count = 0;
    if (has_norms) {
      std::vector<uint8_t> norms(out_.docs, 0);
      ForEachLive([&](size_t i, DocId doc, DocId mapped) {
        const uint8_t* from = segments_[i]->segment().Norms(field);
        norms[mapped] = from == nullptr ? 0 : from[doc];
        doc_count += norms[mapped] != 0 ? 1 : 0;
      });
      encoder->EndTerms(doc_count, sum_total_term_freq);
      encoder->AddNorms(field, norms);
      return;
    }
    std::vector<uint32_t> starts{0};
    std::vector<uint32_t> ords;
    ForEachLive([&](size_t i, DocId doc, DocId) {
      if (const codec::KeywordColumn* column = segments_[i]->segment().Keywords(field)) {
        for (const uint32_t ord : column->Ords(doc)) {
          ords.push_back(new_ords[i][ord]);
        }
      }
      doc_count += ords.size() > starts.back() ? 1 : 0;
      starts.push_back(static_cast<uint32_t>(ords.size()));
    });
    encoder->EndTerms(doc_count, sum_total_term_freq);
    encoder->AddKeywords(field, starts, ords);
  }

  void MergeNumbers(FieldId field, codec::SegmentEncoder* encoder) {
    std::vector<int64_t> values(out_.docs, 0);
    std::vector<uint64_t> present((size_t{out_.docs} + 63) / 64, 0);
    std::vector<uint32_t> multi_starts{0};
    std::vector<int64_t> multi_values;
    bool multi = false;
    ForEachLive([&](size_t i, DocId doc, DocId mapped) {
      int64_t scratch = 0;
      const ColumnPages* column = segments_[i]->Column(field);
      const auto all =
          column == nullptr ? std::span<const int64_t>() : column->GetAll(doc, &scratch);
      if (!all.empty()) {
        values[mapped] = all.front();
        present[mapped / 64] |= uint64_t{1} << (mapped % 64);
      }
      multi = multi || all.size() > 1;
      multi_values.insert(multi_values.end(), all.begin(), all.end());
      multi_starts.push_back(static_cast<uint32_t>(multi_values.size()));
    });
    if (!multi) {
      multi_starts.clear();
      multi_values.clear();
    }
    encoder->AddNumbers(field, values, present, multi_starts, multi_values);
  }

  const std::vector<std::shared_ptr<const SegmentView>>& segments_;
  MergedSegment out_;
};

}  // namespace

Result<MergedSegment> MergeSegments(
    const std::vector<std::shared_ptr<const SegmentView>>& segments) {
  return Merger(segments).Run();
}

}  // namespace binseek::index
