#include "engine/search/explanation.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "engine/base/json.h"

namespace binseek::search {
namespace {

constexpr size_t kMaxReasons = 8;  // of one sentence

struct Reason {
  float value = 0;
  std::string text;
};

std::string Rounded(float value) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.2f", static_cast<double>(value));
  return text;
}

// The best of several is told alone: the others add nothing, or a share that their node's value tells.
const Explanation* Best(const Explanation& node) {
  const auto best = std::max_element(
      node.details.begin(), node.details.end(),
      [](const Explanation& a, const Explanation& b) { return a.value < b.value; });
  return best == node.details.end() ? nullptr : &*best;
}

void Collect(const Explanation& node, std::vector<Reason>* reasons) {
  if (!node.matches || node.value == 0) {
    return;
  }
  if (!node.plain.empty()) {
    reasons->push_back({node.value, node.plain});
    return;
  }
  if (node.description.starts_with("sum of:")) {
    for (const Explanation& detail : node.details) {
      Collect(detail, reasons);
    }
    return;
  }
  if (node.description.starts_with("max ")) {
    std::vector<Reason> best;
    if (const Explanation* const detail = Best(node)) {
      Collect(*detail, &best);
    }
    if (best.size() == 1) {
      const bool others = node.details.size() > 1;
      reasons->push_back({node.value, best[0].text + (others ? ", the best of several" : "")});
      return;
    }
  }
  std::string text = node.description;
  while (!text.empty() && (text.back() == ':' || text.back() == ' ')) {
    text.pop_back();
  }
  reasons->push_back({node.value, "[" + text + "]"});
}

}  // namespace

Explanation Matched(float value, std::string description, std::vector<Explanation> details) {
  Explanation explanation;
  explanation.matches = true;
  explanation.value = value;
  explanation.description = std::move(description);
  explanation.details = std::move(details);
  return explanation;
}

Explanation NotMatched(std::string description, std::vector<Explanation> details) {
  Explanation explanation;
  explanation.description = std::move(description);
  explanation.details = std::move(details);
  return explanation;
}

std::string FloatText(float value) {
  std::string text;
  JsonWriter(&text).Float(value);
  return text;
}

std::string ExplanationSentence(const Explanation& explanation) {
  if (!explanation.matches) {
    return "Does not match.";
  }
  std::vector<Reason> reasons;
  Collect(explanation, &reasons);
  if (reasons.empty()) {
    return "Matches, and nothing in the query gives a score.";
  }
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const Reason& a, const Reason& b) { return a.value > b.value; });
  std::string text = "Scores " + Rounded(explanation.value) + ": ";
  const size_t shown = std::min(reasons.size(), kMaxReasons);
  for (size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == shown && shown == reasons.size();
    text += i == 0 ? "" : (last ? " and " : ", ");
    text += (reasons.size() == 1 ? "" : Rounded(reasons[i].value) + " for ") + reasons[i].text;
  }
  if (shown < reasons.size()) {
    text += " and " + std::to_string(reasons.size() - shown) + " more";
  }
  return text + ".";
}

}  // namespace binseek::search
