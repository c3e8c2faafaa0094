// CompensatedSum: Kahan's sum, so that the order of what is added hardly shows. Plain value type.
#ifndef BINSEEK_ENGINE_SEARCH_COMPENSATED_SUM_H_
#define BINSEEK_ENGINE_SEARCH_COMPENSATED_SUM_H_

#include <cmath>

namespace binseek::search {

struct CompensatedSum {
  double sum = 0;
  double lost = 0;

  void Add(double value) {
    const double wanted = value - lost;
    const double next = sum + wanted;
    lost = std::isfinite(next) ? (next - sum) - wanted : 0;
    sum = next;
  }
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_COMPENSATED_SUM_H_
