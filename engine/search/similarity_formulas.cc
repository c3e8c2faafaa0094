#include "engine/search/similarity_formulas.h"

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "engine/codec/norms.h"

namespace binseek::search::similarity {

double Log2(double value) { return std::log(value) / std::log(2.0); }

namespace {

float SumOfIdfs(std::span<const TermStatistics> terms, const std::function<float(uint64_t)>& idf) {
  double sum = 0;
  for (const TermStatistics& term : terms) {
    sum += static_cast<double>(idf(term.doc_freq));
  }
  return static_cast<float>(sum);
}

class Bm25Similarity final : public Similarity {
 public:
  Bm25Similarity(float k1, float b) : k1_(k1), b_(b) {}
  TermScore MakeScore(ScoreForm form, float boost, const FieldStatistics& field,
                      std::span<const TermStatistics> terms) const override {
    const float idf =
        SumOfIdfs(terms, [&](uint64_t doc_freq) { return Bm25Idf(doc_freq, field.doc_count); });
    return TermScore(Bm25Scorer(form, boost, idf, field, k1_, b_));
  }

 private:
  const float k1_;
  const float b_;
};

class BooleanScore final : public FreqScore {
 public:
  explicit BooleanScore(float boost) : boost_(boost) {}
  float Score(float /*freq*/, uint8_t /*norm*/) const override { return boost_; }

 private:
  const float boost_;
};

class BooleanSimilarity final : public Similarity {
 public:
  TermScore MakeScore(ScoreForm, float boost, const FieldStatistics&,
                      std::span<const TermStatistics>) const override {
    return TermScore(std::make_shared<const BooleanScore>(boost));
  }
};

class ClassicScore final : public FreqScore {
 public:
  explicit ClassicScore(float weight) : weight_(weight) {
    for (uint32_t norm = 1; norm < lengths_.size(); ++norm) {
      lengths_[norm] = static_cast<float>(
          1.0 / std::sqrt(static_cast<double>(codec::DecodeNorm(static_cast<uint8_t>(norm)))));
    }
    lengths_[0] = 1.0F / lengths_[255];
  }
  float Score(float freq, uint8_t norm) const override {
    return static_cast<float>(std::sqrt(static_cast<double>(freq))) * weight_ * lengths_[norm];
  }

 private:
  const float weight_;
  std::array<float, 256> lengths_{};
};

class ClassicSimilarity final : public Similarity {
 public:
  TermScore MakeScore(ScoreForm, float boost, const FieldStatistics& field,
                      std::span<const TermStatistics> terms) const override {
    const float idf = SumOfIdfs(terms, [&](uint64_t doc_freq) {
      return static_cast<float>(std::log((static_cast<double>(field.doc_count) + 1) /
                                         (static_cast<double>(doc_freq) + 1)) +
                                1.0);
    });
    return TermScore(std::make_shared<const ClassicScore>(boost * idf));
  }
};

// The sum over the terms, each cut to float.
class ModelScore final : public FreqScore {
 public:
  ModelScore(Model model, std::vector<Basics> terms)
      : model_(std::move(model)), terms_(std::move(terms)) {}
  float Score(float freq, uint8_t norm) const override {
    const double length = codec::DecodeNorm(norm);
    float sum = 0;
    for (const Basics& term : terms_) {
      sum += static_cast<float>(model_(term, static_cast<double>(freq), length));
    }
    return sum;
  }

 private:
  const Model model_;
  const std::vector<Basics> terms_;
};

class ModelSimilarity final : public Similarity {
 public:
  explicit ModelSimilarity(Model model) : model_(std::move(model)) {}
  TermScore MakeScore(ScoreForm, float boost, const FieldStatistics& field,
                      std::span<const TermStatistics> terms) const override {
    std::vector<Basics> all;
    for (const TermStatistics& term : terms) {
      Basics basics;
      basics.boost = static_cast<double>(boost);
      basics.docs = static_cast<double>(field.doc_count);
      basics.tokens = static_cast<double>(field.sum_total_term_freq);
      basics.average_length = field.doc_count == 0 ? 1 : basics.tokens / basics.docs;
      basics.doc_freq = static_cast<double>(term.doc_freq);
      basics.total_freq = static_cast<double>(term.total_term_freq);
      all.push_back(basics);
    }
    return TermScore(std::make_shared<const ModelScore>(model_, std::move(all)));
  }

 private:
  const Model model_;
};

}  // namespace

std::shared_ptr<const Similarity> Bm25(float k1, float b) {
  return std::make_shared<const Bm25Similarity>(k1, b);
}
std::shared_ptr<const Similarity> Boolean() { return std::make_shared<const BooleanSimilarity>(); }
std::shared_ptr<const Similarity> Classic() { return std::make_shared<const ClassicSimilarity>(); }
std::shared_ptr<const Similarity> OfModel(Model model) {
  return std::make_shared<const ModelSimilarity>(std::move(model));
}

double LmDirichlet(double mu, const Basics& t, double freq, double length) {
  const double probability = (t.total_freq + 1) / (t.tokens + 1);
  const double score =
      t.boost * (std::log(1 + freq / (mu * probability)) + std::log(mu / (length + mu)));
  return score > 0 ? score : 0;
}

double LmJelinekMercer(double lambda, const Basics& t, double freq, double length) {
  const double probability = (t.total_freq + 1) / (t.tokens + 1);
  return t.boost * std::log(1 + ((1 - lambda) * freq / length) / (lambda * probability));
}

double DistributionLl(double tfn, double lambda) { return -std::log(lambda / (tfn + lambda)); }

double DistributionSpl(double tfn, double lambda) {
  double q = 1 - 1 / (tfn + 1);
  if (q == 1) {
    q = std::nextafter(1.0, 0.0);
  }
  double power = std::pow(lambda, q);
  if (power == lambda) {
    power = std::nextafter(lambda, 1.0);  // else the logarithm below is infinite
  }
  return -std::log((power - lambda) / (1 - lambda));
}

// The basic models are of the form A + B * tfn, divided by 1 + tfn with an after effect; written so that they grow with tfn.
double BasicModelG(const Basics& t, double tfn, double effect) {
  const double lambda = (t.total_freq + 1) / (t.docs + t.total_freq + 1);
  const double a = Log2(lambda + 1);
  const double b = Log2((1 + lambda) / lambda);
  return (b - (b - a) / (1 + tfn)) * effect;
}
double BasicModelIf(const Basics& t, double tfn, double effect) {
  return Log2(1 + (t.docs + 1) / (t.total_freq + 0.5)) * effect * (1 - 1 / (1 + tfn));
}
double BasicModelIn(const Basics& t, double tfn, double effect) {
  return Log2((t.docs + 1) / (t.doc_freq + 0.5)) * effect * (1 - 1 / (1 + tfn));
}
double BasicModelIne(const Basics& t, double tfn, double effect) {
  const double expected = t.docs * (1 - std::pow((t.docs - 1) / t.docs, t.total_freq));
  return Log2((t.docs + 1) / (expected + 0.5)) * effect * (1 - 1 / (1 + tfn));
}

double EffectB(const Basics& t) { return (t.total_freq + 2) / (t.doc_freq + 1); }
double EffectL(const Basics& /*t*/) { return 1; }

}  // namespace binseek::search::similarity
