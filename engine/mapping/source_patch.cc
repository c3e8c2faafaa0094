#include "engine/mapping/source_patch.h"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/json.h"

namespace binseek::mapping {
namespace {

constexpr int kMaxDepth = 100;  // of JSON that was ever taken in

// Where a value lies, or where it could.
struct Place {
  size_t begin = 0;
  size_t end = 0;
};

// The innermost object on the way, and what is missing from there.
struct Missing {
  size_t at = 0;  // where a member can be put in
  bool empty = false;
  bool in_the_way = false;  // a part of the path has a value that is no object
  std::string_view path;
};

// Walks along one path; what lies off it is passed over.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  Status Run(std::string_view path) {
    SkipSpace();
    BINSEEK_RETURN_IF_ERROR(Object(path, 0));
    SkipSpace();
    return at_ == text_.size() ? Status::Ok() : Broken();
  }

  const std::vector<Place>& places() const { return places_; }
  const Missing& missing() const { return *missing_; }  // after Run

 private:
  Status Broken() const {
    return Status::Corruption("a stored document is no JSON at offset " + std::to_string(at_));
  }
  bool At(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool Take(char c) {
    const bool there = At(c);
    at_ += there ? 1 : 0;
    return there;
  }
  void SkipSpace() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }

  Status SkipString() {
    if (!Take('"')) {
      return Broken();
    }
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      at_ += text_[at_] == '\\' ? 1 : 0;
    }
    return Take('"') ? Status::Ok() : Broken();
  }

  // A value of any kind. Brackets need not be told apart: JSON that was taken in has them in pairs.
  Status SkipValue() {
    int depth = 0;
    const size_t begin = at_;
    do {
      SkipSpace();
      if (at_ >= text_.size()) {
        return Broken();
      }
      const char c = text_[at_];
      if (c == '"') {
        BINSEEK_RETURN_IF_ERROR(SkipString());
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        --depth;
        ++at_;
      } else if (depth > 0 && (c == ',' || c == ':')) {
        ++at_;
      } else {
        BINSEEK_RETURN_IF_ERROR(SkipWord());
      }
    } while (depth > 0);
    return depth == 0 && at_ > begin ? Status::Ok() : Broken();
  }

  // A number or a literal.
  Status SkipWord() {
    const size_t end = text_.find_first_of(" \t\r\n,:{}[]\"", at_);
    if (end == at_) {
      return Broken();
    }
    at_ = end == std::string_view::npos ? text_.size() : end;
    return Status::Ok();
  }

  Result<std::string> Key() {
    const size_t begin = at_;
    BINSEEK_RETURN_IF_ERROR(SkipString());
    const std::string_view quoted = text_.substr(begin, at_ - begin);
    if (quoted.find('\\') == std::string_view::npos) {
      return std::string(quoted.substr(1, quoted.size() - 2));
    }
    const Result<JsonValue> key = ParseJson(quoted);
    return key.ok() ? Result<std::string>(key->AsString()) : Broken();
  }

  // `path`: what is left of it in this object.
  Status Object(std::string_view path, int depth) {
    if (depth > kMaxDepth || !Take('{')) {
      return Broken();
    }
    Missing here{.at = at_, .empty = true, .in_the_way = false, .path = path};
    for (SkipSpace(); !Take('}'); SkipSpace()) {
      if (!here.empty && !Take(',')) {
        return Broken();
      }
      SkipSpace();
      BINSEEK_ASSIGN_OR_RETURN(const std::string key, Key());
      SkipSpace();
      if (!Take(':')) {
        return Broken();
      }
      SkipSpace();
      BINSEEK_RETURN_IF_ERROR(Member(key, path, depth, &here));
      here.at = at_;
      here.empty = false;
    }
    // Inner objects end before the ones around them, and have less of the path left.
    if (!missing_ || path.size() <= missing_->path.size()) {
      missing_ = here;
    }
    return Status::Ok();
  }

  Status Member(std::string_view key, std::string_view path, int depth, Missing* here) {
    if (key == path) {
      const size_t begin = at_;
      BINSEEK_RETURN_IF_ERROR(SkipValue());
      places_.push_back({begin, at_});
      return Status::Ok();
    }
    const bool on_the_way =
        path.size() > key.size() && path.starts_with(key) && path[key.size()] == '.';
    if (!on_the_way) {
      return SkipValue();
    }
    here->in_the_way = true;  // unless there is an object within, which comes before this one
    return Objects(path.substr(key.size() + 1), depth + 1);
  }

  // An object, or the objects in an array.
  Status Objects(std::string_view path, int depth) {
    if (At('{')) {
      return Object(path, depth);
    }
    if (!At('[')) {
      return SkipValue();
    }
    if (depth > kMaxDepth) {
      return Broken();
    }
    Take('[');
    SkipSpace();
    for (bool first = true; !Take(']'); first = false) {
      if (!first && !Take(',')) {
        return Broken();
      }
      SkipSpace();
      BINSEEK_RETURN_IF_ERROR(Objects(path, depth + 1));
      SkipSpace();
    }
    return Status::Ok();
  }

  const std::string_view text_;
  size_t at_ = 0;
  std::vector<Place> places_;
  std::optional<Missing> missing_;
};

// `value` as a member under `path`, objects around it: "a.b" is "a":{"b":value}. Where a part of the path is taken by something else the name
// stays in one piece, for a document has no name twice.
std::string MakeMember(const Missing& missing, std::string_view value) {
  std::string member;
  JsonWriter json(&member);
  json.BeginObject();
  std::string_view path = missing.path;
  size_t objects = 1;
  for (size_t dot = path.find('.'); dot != std::string_view::npos && !missing.in_the_way;
       dot = path.find('.')) {
    json.Key(path.substr(0, dot)).BeginObject();
    path.remove_prefix(dot + 1);
    ++objects;
  }
  json.Key(path).Raw(value);
  for (; objects > 0; --objects) {
    json.EndObject();
  }
  return member.substr(1, member.size() - 2);
}

}  // namespace

Result<std::string> PatchSource(std::string_view json, std::string_view path,
                                std::string_view value) {
  Walker walker(json);
  BINSEEK_RETURN_IF_ERROR(walker.Run(path));
  constexpr std::string_view kNull = "null";
  std::string out;
  out.reserve(json.size() + path.size() + value.size());
  if (walker.places().empty()) {
    const Missing& missing = walker.missing();
    out.append(json.substr(0, missing.at));
    if (value != kNull) {
      out.append(missing.empty ? "" : ",").append(MakeMember(missing, value));
    }
    out.append(json.substr(missing.at));
    return out;
  }
  size_t at = 0;
  for (const Place& place : walker.places()) {
    const bool last = &place == &walker.places().back();
    out.append(json.substr(at, place.begin - at)).append(last ? value : kNull);
    at = place.end;
  }
  out.append(json.substr(at));
  return out;
}

}  // namespace binseek::mapping
