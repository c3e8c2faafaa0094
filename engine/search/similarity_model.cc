#include "engine/search/similarity_model.h"

#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "engine/search/similarity_formulas.h"

namespace binseek::search {
namespace {

using similarity::Basics;
using similarity::OfModel;

// --- Settings ---

class Settings {
 public:
  Settings(const std::string& name, const JsonValue& json) : name_(name), json_(json) {}

  // Members may be nested or dotted: {"normalization": {"h1": {"c": 2}}} is {"normalization.h1.c": 2}.
  const JsonValue* Find(const std::string& key) const { return FindIn(json_, key); }
  std::string Text(const std::string& key) const {
    const JsonValue* const value = Find(key);
    if (value == nullptr) {
      return {};
    }
    return value->is_string() ? value->AsString()
                              : (value->is_number() ? value->number_text() : std::string());
  }
  Result<double> Number(const std::string& key, double otherwise) const {
    const JsonValue* const value = Find(key);
    if (value == nullptr) {
      return otherwise;
    }
    std::optional<double> number;
    if (value->is_number()) {
      number = value->AsDouble();
    } else if (value->is_string()) {
      const Result<JsonValue> parsed = ParseJson(value->AsString());
      if (parsed.ok() && parsed->is_number()) {
        number = parsed->AsDouble();
      }
    }
    if (!number) {
      return Bad(key);
    }
    return *number;
  }
  Status Bad(const std::string& key) const {
    return Status::InvalidArgument("Unsupported value [" + Text(key) + "] of [" + key +
                                   "] in similarity [" + name_ + "]");
  }

 private:
  static const JsonValue* FindIn(const JsonValue& json, const std::string& key) {
    if (!json.is_object()) {
      return nullptr;
    }
    if (const JsonValue* const whole = json.Find(key); whole != nullptr) {
      return whole;
    }
    for (size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1)) {
      const JsonValue* const child = json.Find(key.substr(0, dot));
      if (child != nullptr) {
        if (const JsonValue* const found = FindIn(*child, key.substr(dot + 1)); found != nullptr) {
          return found;
        }
      }
    }
    return nullptr;
  }

  const std::string& name_;
  const JsonValue& json_;
};

using Normalization = std::function<double(const Basics& basics, double freq, double length)>;

Result<Normalization> ParseNormalization(const Settings& settings) {
  const JsonValue* const json = settings.Find("normalization");
  const std::string kind = json == nullptr || !json->is_string() ? "" : json->AsString();
  if (kind == "no") {
    return Normalization([](const Basics&, double freq, double) { return freq; });
  }
  if (kind == "h1") {
    BINSEEK_ASSIGN_OR_RETURN(const double c, settings.Number("normalization.h1.c", 1));
    return Normalization([c](const Basics& t, double freq, double length) {
      return freq * c * (t.average_length / length);
    });
  }
  if (kind == "h2") {
    BINSEEK_ASSIGN_OR_RETURN(const double c, settings.Number("normalization.h2.c", 1));
    return Normalization([c](const Basics& t, double freq, double length) {
      return freq * similarity::Log2(1 + c * t.average_length / length);
    });
  }
  if (kind == "h3") {
    BINSEEK_ASSIGN_OR_RETURN(const double mu, settings.Number("normalization.h3.c", 800));
    return Normalization([mu](const Basics& t, double freq, double length) {
      return (freq + mu * ((t.total_freq + 1) / (t.tokens + 1))) / (length + mu) * mu;
    });
  }
  if (kind == "z") {
    BINSEEK_ASSIGN_OR_RETURN(const double z, settings.Number("normalization.z.z", 0.3));
    return Normalization([z](const Basics& t, double freq, double length) {
      return freq * std::pow(t.average_length / length, z);
    });
  }
  return settings.Bad("normalization");
}

Result<std::shared_ptr<const Similarity>> ParseDfr(const Settings& settings) {
  BINSEEK_ASSIGN_OR_RETURN(const Normalization normalize, ParseNormalization(settings));
  const std::string model = settings.Text("basic_model");
  const std::string after = settings.Text("after_effect");
  if (after != "b" && after != "l") {
    return settings.Bad("after_effect");
  }
  const auto effect = after == "b" ? similarity::EffectB : similarity::EffectL;
  double (*basic)(const Basics&, double, double) = nullptr;
  if (model == "g") {
    basic = similarity::BasicModelG;
  } else if (model == "if") {
    basic = similarity::BasicModelIf;
  } else if (model == "in") {
    basic = similarity::BasicModelIn;
  } else if (model == "ine") {
    basic = similarity::BasicModelIne;
  } else {
    return settings.Bad("basic_model");
  }
  return OfModel([=](const Basics& t, double freq, double length) {
    return t.boost * basic(t, normalize(t, freq, length), effect(t));
  });
}

Result<std::shared_ptr<const Similarity>> ParseIb(const Settings& settings) {
  BINSEEK_ASSIGN_OR_RETURN(const Normalization normalize, ParseNormalization(settings));
  const std::string distribution = settings.Text("distribution");
  const std::string lambda = settings.Text("lambda");
  if (distribution != "ll" && distribution != "spl") {
    return settings.Bad("distribution");
  }
  if (lambda != "df" && lambda != "ttf") {
    return settings.Bad("lambda");
  }
  const auto score =
      distribution == "ll" ? similarity::DistributionLl : similarity::DistributionSpl;
  const bool by_docs = lambda == "df";
  return OfModel([=](const Basics& t, double freq, double length) {
    double l = ((by_docs ? t.doc_freq : t.total_freq) + 1) / (t.docs + 1);
    if (l == 1) {
      l = static_cast<double>(std::nextafter(1.0F, 0.0F));
    }
    return t.boost * score(normalize(t, freq, length), l);
  });
}

Result<std::shared_ptr<const Similarity>> ParseDfi(const Settings& settings) {
  const std::string measure = settings.Text("independence_measure");
  const bool standardized = measure == "standardized";
  const bool saturated = measure == "saturated";
  if (!standardized && !saturated && measure != "chisquared") {
    return settings.Bad("independence_measure");
  }
  return OfModel([=](const Basics& t, double freq, double length) {
    const double expected = (t.total_freq + 1) * length / (t.tokens + 1);
    if (freq <= expected) {
      return 0.0;
    }
    const double over = freq - expected;
    const double value = standardized ? over / std::sqrt(expected)
                         : saturated  ? over / expected
                                      : over * over / expected;
    return t.boost * similarity::Log2(value + 1);
  });
}

}  // namespace

Result<std::shared_ptr<const Similarity>> ParseSimilarity(const std::string& name,
                                                          const JsonValue& json) {
  const Settings settings(name, json);
  const std::string type = settings.Text("type");
  if (const JsonValue* const overlaps = settings.Find("discount_overlaps");
      overlaps != nullptr && !overlaps->is_bool() &&
      !(overlaps->is_string() &&
        (overlaps->AsString() == "true" || overlaps->AsString() == "false"))) {
    return settings.Bad("discount_overlaps");
  }
  // Either way: no analyzer of ours gives tokens that overlap, so that lengths with and without them are the same.
  if (type == "BM25") {
    BINSEEK_ASSIGN_OR_RETURN(const double k1, settings.Number("k1", 1.2));
    BINSEEK_ASSIGN_OR_RETURN(const double b, settings.Number("b", 0.75));
    if (!(k1 >= 0) || !(b >= 0 && b <= 1)) {
      return settings.Bad(k1 >= 0 ? "b" : "k1");
    }
    return similarity::Bm25(static_cast<float>(k1), static_cast<float>(b));
  }
  if (type == "boolean") {
    return similarity::Boolean();
  }
  if (type == "classic") {
    return similarity::Classic();
  }
  if (type == "LMDirichlet") {
    BINSEEK_ASSIGN_OR_RETURN(const double mu, settings.Number("mu", 2000));
    return OfModel([mu](const Basics& t, double freq, double length) {
      return similarity::LmDirichlet(mu, t, freq, length);
    });
  }
  if (type == "LMJelinekMercer") {
    BINSEEK_ASSIGN_OR_RETURN(const double lambda, settings.Number("lambda", 0.1));
    if (!(lambda > 0 && lambda <= 1)) {
      return settings.Bad("lambda");
    }
    return OfModel([lambda](const Basics& t, double freq, double length) {
      return similarity::LmJelinekMercer(lambda, t, freq, length);
    });
  }
  if (type == "DFR") {
    return ParseDfr(settings);
  }
  if (type == "IB") {
    return ParseIb(settings);
  }
  if (type == "DFI") {
    return ParseDfi(settings);
  }
  return Status::InvalidArgument("Unknown Similarity type [" + type + "] for [" + name + "]");
}

Similarities::Similarities() {
  by_name_["BM25"] = by_name_["default"] = similarity::Bm25(1.2F, 0.75F);
  by_name_["boolean"] = similarity::Boolean();
}

Result<Similarities> Similarities::Parse(const JsonValue& settings) {
  Similarities out;
  if (!settings.is_object()) {
    return Status::InvalidArgument("[similarity] must be an object of similarities by name");
  }
  for (const auto& [name, json] : settings.members()) {
    BINSEEK_ASSIGN_OR_RETURN(out.by_name_[name], ParseSimilarity(name, json));
  }
  return out;
}

namespace {

// Every value by the names that lead to it.
void Flatten(const std::string& prefix, const JsonValue& json,
             std::map<std::string, std::string>* out) {
  for (const auto& [name, value] : json.members()) {
    if (value.is_object()) {
      Flatten(prefix + name + ".", value, out);
    } else if (value.is_string()) {
      (*out)[prefix + name] = value.AsString();
    } else if (value.is_number()) {
      (*out)[prefix + name] = value.number_text();
    } else if (value.is_bool()) {
      (*out)[prefix + name] = value.AsBool() ? "true" : "false";
    }
  }
}

}  // namespace

Result<Similarities> Similarities::OfIndex(std::string_view settings_json) {
  if (settings_json.find("similarity") == std::string_view::npos) {
    static const Similarities* const kPlain = new Similarities();
    return *kPlain;
  }
  BINSEEK_ASSIGN_OR_RETURN(const JsonValue json, ParseJson(settings_json));
  if (!json.is_object()) {
    return Similarities();
  }
  std::map<std::string, std::string> flat;
  Flatten("", json, &flat);
  // {"index.similarity.NAME.PARAMETER": "text"}
  std::map<std::string, JsonValue::Members> by_name;
  for (const auto& [path, text] : flat) {
    std::string_view rest = path;
    for (const std::string_view level : {"settings.", "index.", "similarity."}) {
      rest = rest.starts_with(level) ? rest.substr(level.size()) : rest;
    }
    const size_t dot = rest.find('.');
    const bool is_one = path.ends_with("similarity." + std::string(rest));
    if (is_one && dot != std::string_view::npos) {
      by_name[std::string(rest.substr(0, dot))].emplace_back(rest.substr(dot + 1),
                                                             JsonValue::String(text));
    }
  }
  JsonValue::Members all;
  for (auto& [name, members] : by_name) {
    all.emplace_back(name, JsonValue::FromMembers(std::move(members)));
  }
  return Parse(JsonValue::FromMembers(std::move(all)));
}

std::shared_ptr<const Similarity> Similarities::Find(const std::string& name) const {
  const auto it = by_name_.find(name.empty() ? "default" : name);
  return it == by_name_.end() ? nullptr : it->second;
}

}  // namespace binseek::search
