#include "tests/bench/engine_bench/floor.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/segment.h"
#include "engine/search/query.h"
#include "engine/search/weight.h"

namespace binseek::bench {
namespace {

// Adds up what the terms of one weight have in all segments.
class PostingsBytes final : public search::TermVisitor {
 public:
  PostingsBytes(const index::IndexView& index, bool scores) : index_(index), scores_(scores) {}

  void Term(const mapping::Field& field, std::string_view term) override {
    Add(field, term, false);
  }
  void Phrase(const mapping::Field& field, const std::vector<std::vector<std::string>>& positions,
              uint32_t /*slop*/) override {
    for (const std::vector<std::string>& terms : positions) {
      for (const std::string& term : terms) {
        Add(field, term, true);
      }
    }
  }
  void Terms(const mapping::Field& /*field*/,
             std::function<bool(std::string_view)> /*accepts*/) override {}

  uint64_t bytes() const { return bytes_; }

 private:
  void Add(const mapping::Field& field, std::string_view text, bool positions) {
    for (const auto& segment : index_.segments) {
      const codec::FieldTerms* const terms = segment->segment().Terms(field.id);
      if (terms == nullptr) {
        continue;
      }
      codec::BlockTermDictionary::Cursor cursor(terms->dictionary());
      if (!cursor.SeekCeil(text) || cursor.term() != text) {
        continue;
      }
      const codec::TermInfo info = cursor.info();
      bytes_ += scores_ ? info.doc_freq : 0;
      // Postings lie in the order of the terms: up to those of the next term that has some.
      while (info.doc_freq > 1 && cursor.Next()) {
        if (cursor.info().doc_freq > 1) {
          bytes_ += cursor.info().postings_start - info.postings_start;
          bytes_ += positions ? cursor.info().positions_start - info.positions_start : 0;
          break;
        }
      }
    }
  }

  const index::IndexView& index_;
  const bool scores_;
  uint64_t bytes_ = 0;
};

// Of memory that no cache holds, by one core: the best of several passes.
double BytesPerMicrosecond() {
  const std::vector<uint64_t> memory(size_t{32} << 20, 1);
  double best = 0;
  for (int pass = 0; pass < 5; ++pass) {
    const Stopwatch watch;
    const uint64_t sum = std::accumulate(memory.begin(), memory.end(), uint64_t{0});
    best = std::max(best, static_cast<double>(sum * sizeof(uint64_t)) / watch.Micros());
  }
  return best;
}

}  // namespace

Result<Report> FloorOf(const index::EngineView& view, const index::IndexView& index,
                       std::span<const search::SearchRequest> requests) {
  static const double kSpeed = BytesPerMicrosecond();
  uint64_t bytes = 0;
  for (const search::SearchRequest& request : requests) {
    search::BindContext context;
    context.view = &view;
    context.index = &index;
    if (request.query == nullptr) {
      continue;
    }
    BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<search::Weight> weight,
                             request.query->Bind(context, 1));
    PostingsBytes sum(index, request.size > 0 && request.sort.empty());
    weight->VisitTerms(&sum);
    bytes += sum.bytes();
  }
  const double mean =
      static_cast<double>(bytes) / static_cast<double>(std::max<size_t>(1, requests.size()));
  return Report().Add("bytes", mean).Add("floor_us", mean / kSpeed);
}

}  // namespace binseek::bench
