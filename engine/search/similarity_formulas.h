// What similarities of similarity_model.h are made of. Internal to them.
#ifndef BINSEEK_ENGINE_SEARCH_SIMILARITY_FORMULAS_H_
#define BINSEEK_ENGINE_SEARCH_SIMILARITY_FORMULAS_H_

#include <functional>
#include <memory>

#include "engine/search/similarity_model.h"

namespace binseek::search::similarity {

// What models of probabilities know of a term.
struct Basics {
  double boost = 1;
  double docs = 0;
  double tokens = 0;
  double average_length = 1;
  double doc_freq = 0;
  double total_freq = 0;
};
// Of a term that occurs `freq` times in a field of `length` tokens; and how a frequency is made one of a field of average length.
using Model = std::function<double(const Basics& basics, double freq, double length)>;

std::shared_ptr<const Similarity> Bm25(float k1, float b);
std::shared_ptr<const Similarity> Boolean();
std::shared_ptr<const Similarity> Classic();
std::shared_ptr<const Similarity> OfModel(Model model);

double LmDirichlet(double mu, const Basics& t, double freq, double length);
double LmJelinekMercer(double lambda, const Basics& t, double freq, double length);
double DistributionLl(double tfn, double lambda);
double DistributionSpl(double tfn, double lambda);
double BasicModelG(const Basics& t, double tfn, double effect);
double BasicModelIf(const Basics& t, double tfn, double effect);
double BasicModelIn(const Basics& t, double tfn, double effect);
double BasicModelIne(const Basics& t, double tfn, double effect);
double EffectB(const Basics& t);
double EffectL(const Basics& t);
double Log2(double value);

}  // namespace binseek::search::similarity

#endif  // BINSEEK_ENGINE_SEARCH_SIMILARITY_FORMULAS_H_
