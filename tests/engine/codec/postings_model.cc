#include "tests/engine/codec/postings_model.h"

#include <algorithm>
#include <cstring>

#include "engine/codec/norms.h"

namespace binseek::codec {
namespace {

class Generator {
 public:
  Generator(std::mt19937_64* random, PostingsModel* model) : random_(*random), model_(*model) {}

  ModelTerm Term(uint32_t doc_freq) {
    ModelTerm term;
    // Mean gaps from 1 to what the segment has room for, changing within the term, so that every encoding of a block appears.
    const uint64_t room = model_.max_doc / doc_freq;
    uint64_t doc = Uniform(1 + model_.max_doc - uint64_t{doc_freq});
    uint64_t spare = model_.max_doc - doc - doc_freq;
    uint64_t gap = 1;
    const bool all_ones = !model_.shape.freqs || Uniform(4) == 0;
    for (uint32_t i = 0; i < doc_freq; ++i) {
      if (i % 50 == 0 && Uniform(3) == 0) {
        gap = 1 + Uniform(1 + (2 * room >> Uniform(20)));
      }
      const uint64_t skip = std::min(spare, Uniform(gap));
      spare -= skip;
      doc += skip;
      term.docs.push_back(static_cast<DocId>(doc++));
      term.freqs.push_back(all_ones ? 1 : Freq(i));
      if (model_.shape.positions) {
        term.occurrences.push_back(Occurrences(term.freqs.back()));
      }
    }
    return term;
  }

 private:
  uint64_t Uniform(uint64_t limit) { return random_() % limit; }

  // Stretches of ones, small numbers, now and then a great one.
  uint32_t Freq(uint32_t i) {
    if (i / 128 % 3 == 1) {
      return 1;
    }
    if (Uniform(60) == 0) {
      return static_cast<uint32_t>(1 + Uniform(model_.shape.positions ? 400 : 100'000'000));
    }
    return static_cast<uint32_t>(1 + Uniform(4));
  }

  std::vector<Occurrence> Occurrences(uint32_t freq) {
    std::vector<Occurrence> occurrences(freq);
    uint64_t position = Uniform(30);
    uint64_t start = Uniform(200);
    for (Occurrence& occurrence : occurrences) {
      occurrence.position = static_cast<uint32_t>(position);
      occurrence.start = static_cast<uint32_t>(start);
      occurrence.end = static_cast<uint32_t>(start + Uniform(20));
      occurrence.length = model_.shape.position_lengths && Uniform(5) == 0
                              ? static_cast<uint32_t>(2 + Uniform(3))
                              : 1;
      position += Uniform(Uniform(50) == 0 ? 100'000 : 12);
      // Sometimes backwards.
      start += Uniform(60) - std::min<uint64_t>(start, Uniform(90) == 0 ? 30 : 0);
    }
    return occurrences;
  }

  std::mt19937_64& random_;
  PostingsModel& model_;
};

}  // namespace

ExactBytes::ExactBytes(const std::string& from)
    : size_(from.size()), bytes_(new char[from.size() + 1]) {
  std::copy(from.begin(), from.end(), bytes_.get() + 1);
}

PostingsModel PostingsModel::Random(std::mt19937_64* random, PostingsShape shape, uint32_t terms,
                                    uint32_t max_doc_freq, uint64_t wide_from) {
  PostingsModel model;
  model.shape = shape;
  model.max_doc = max_doc_freq + static_cast<uint32_t>(
                                     (*random)() % (uint64_t{max_doc_freq} << ((*random)() % 10)));
  if ((*random)() % 4 != 0) {
    model.norms.resize(model.max_doc);
    for (uint8_t& norm : model.norms) {
      norm = EncodeNorm(static_cast<uint32_t>(1 + (*random)() % 60));
    }
  }
  Generator generator(random, &model);
  for (uint32_t i = 0; i < terms; ++i) {
    // One, few, whole blocks, and all else.
    const uint64_t any = 1 + (*random)() % max_doc_freq;
    const uint64_t whole = std::max<uint64_t>(any / kBlockSize, 1) * kBlockSize;
    const uint64_t choices[] = {1, 1 + any % kBlockSize, whole, any, any};
    model.terms.push_back(generator.Term(
        static_cast<uint32_t>(std::min<uint64_t>(choices[(*random)() % 5], max_doc_freq))));
  }
  model.Write(wide_from);
  return model;
}

void PostingsModel::Write(uint64_t wide_from) {
  StringSink postings_sink;
  StringSink positions_sink;
  StringSink offsets_sink;
  PostingsWriter writer(shape, norms.empty() ? nullptr : norms.data(), &postings_sink,
                        shape.positions ? &positions_sink : nullptr,
                        shape.offsets ? &offsets_sink : nullptr, wide_from);
  for (ModelTerm& term : terms) {
    writer.BeginTerm();
    for (size_t i = 0; i < term.docs.size(); ++i) {
      writer.AddDoc(term.docs[i], term.freqs[i]);
      if (shape.positions) {
        for (const Occurrence& occurrence : term.occurrences[i]) {
          writer.AddPosition(occurrence.position, occurrence.start, occurrence.end,
                             occurrence.length);
        }
      }
    }
    term.info = writer.EndTerm();
  }
  postings = postings_sink.Take();
  positions = positions_sink.Take();
  offsets = offsets_sink.Take();
}

PostingsShape RandomShape(std::mt19937_64* random) {
  PostingsShape shape;
  const uint64_t choice = (*random)() % 4;
  shape.freqs = choice > 0;
  shape.positions = choice > 1;
  shape.offsets = choice > 2;
  shape.position_lengths = shape.positions && (*random)() % 2 == 0;
  return shape;
}

}  // namespace binseek::codec
