#include "sync/binlog/json_diff.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "engine/base/byte_reader.h"
#include "engine/base/result.h"
#include "engine/base/utf8.h"
#include "sync/binlog/json_binary.h"
#include "sync/mysql/charset.h"

namespace binseek::binlog {
namespace {

enum JsonDiffOperation : uint8_t { kReplace = 0, kInsert = 1, kRemove = 2 };

constexpr int kMaxDepth = 100;  // the server's own

// Each difference may look at all members of a container and move them: what honest statements cause, times some.
constexpr uint64_t kMinSteps = uint64_t{1} << 24;
constexpr uint64_t kStepsPerByte = 16;
// All new values as text, by the byte of the differences: honest ones stay below half of that.
constexpr uint64_t kMaxGrowth = 16;
constexpr uint64_t kMinTextLimit = 4096;

// How much more may be done.
struct Budget {
  uint64_t steps;
  uint64_t text_bytes;
  bool exhausted = false;

  bool Spend(uint64_t amount, uint64_t* of) {
    exhausted = exhausted || amount > *of;
    *of -= exhausted ? 0 : amount;
    return !exhausted;
  }
};

// A document as a tree of the text's own tokens: scalars are never read as numbers, so nothing is rounded.
struct Node {
  enum class Kind : uint8_t { kScalar, kObject, kArray };
  Kind kind = Kind::kScalar;
  std::string text;  // kScalar: the token
  std::vector<std::string>
      keys;  // kObject: without quotes and escapes, as paths are compared with them
  std::vector<Node> children;  // kObject: of the keys; kArray
};

// The characters of a quoted token, or of a path's quoted leg.
std::string Unquoted(std::string_view token) {
  std::string text;
  for (size_t i = 1; i + 1 < token.size(); ++i) {
    if (token[i] != '\\' || i + 2 >= token.size()) {
      text.push_back(token[i]);
      continue;
    }
    const char c = token[++i];
    constexpr std::string_view kNames = "btnfr";
    constexpr std::string_view kMeant = "\b\t\n\f\r";
    if (const size_t named = kNames.find(c); named != std::string_view::npos) {
      text.push_back(kMeant[named]);
    } else if (c == 'u' && i + 4 < token.size()) {
      uint32_t code = 0;
      std::from_chars(token.data() + i + 1, token.data() + i + 5, code, 16);
      AppendUtf8(code, &text);
      i += 4;
    } else {
      text.push_back(c);
    }
  }
  return text;
}

// Reads compact text that the decoder printed: there is no white space, and all is well-formed.
class TreeReader {
 public:
  explicit TreeReader(std::string_view text) : rest_(text) {}

  bool Read(Node* node, int depth) {
    if (rest_.empty() || depth > kMaxDepth) {
      return false;
    }
    if (rest_.front() != '{' && rest_.front() != '[') {
      node->text = std::string(TakeToken());
      return !node->text.empty();
    }
    const bool object = rest_.front() == '{';
    const char end = object ? '}' : ']';
    node->kind = object ? Node::Kind::kObject : Node::Kind::kArray;
    rest_.remove_prefix(1);
    if (Take(end)) {
      return true;
    }
    do {
      if (object) {
        node->keys.push_back(Unquoted(TakeToken()));
        if (!Take(':')) {
          return false;
        }
      }
      if (!Read(&node->children.emplace_back(), depth + 1)) {
        return false;
      }
    } while (Take(','));
    return Take(end);
  }

  bool AtEnd() const { return rest_.empty(); }

 private:
  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  // A string with its quotes, or what reaches to the next mark.
  std::string_view TakeToken() {
    size_t at = 0;
    if (!rest_.empty() && rest_.front() == '"') {
      for (at = 1; at < rest_.size() && rest_[at] != '"'; ++at) {
        at += rest_[at] == '\\' ? 1 : 0;
      }
      at = std::min(at + 1, rest_.size());
    } else {
      at = std::min(rest_.find_first_of(",:]}"), rest_.size());
    }
    const std::string_view token = rest_.substr(0, at);
    rest_.remove_prefix(at);
    return token;
  }

  std::string_view rest_;
};

// False where the document became too deep.
bool Print(const Node& node, int depth, std::string* out) {
  if (node.kind == Node::Kind::kScalar) {
    out->append(node.text);
  }
  if (node.kind == Node::Kind::kScalar || depth > kMaxDepth) {
    return depth <= kMaxDepth;
  }
  const bool object = node.kind == Node::Kind::kObject;
  out->push_back(object ? '{' : '[');
  for (size_t i = 0; i < node.children.size(); ++i) {
    if (i > 0) {
      out->push_back(',');
    }
    if (object) {
      AppendJsonString(node.keys[i], out);
      out->push_back(':');
    }
    if (!Print(node.children[i], depth + 1, out)) {
      return false;
    }
  }
  out->push_back(object ? '}' : ']');
  return true;
}

struct PathLeg {
  bool is_index = false;
  uint64_t index = 0;
  std::string key;
};

// $.name."quoted name"[12]
class PathReader {
 public:
  explicit PathReader(std::string_view text) : rest_(text) {}

  bool Read(std::vector<PathLeg>* legs) {
    if (!Take('$')) {
      return false;
    }
    while (!rest_.empty()) {
      PathLeg& leg = legs->emplace_back();
      if (legs->size() > kMaxDepth || !(Take('.') ? ReadKey(&leg) : ReadIndex(&leg))) {
        return false;
      }
    }
    return true;
  }

 private:
  bool Take(char c) {
    const bool there = !rest_.empty() && rest_.front() == c;
    rest_.remove_prefix(there ? 1 : 0);
    return there;
  }

  bool ReadKey(PathLeg* leg) {
    size_t size = 0;
    if (!rest_.empty() && rest_.front() == '"') {
      for (size = 1; size < rest_.size() && rest_[size] != '"'; ++size) {
        size += rest_[size] == '\\' ? 1 : 0;
      }
      if (size >= rest_.size()) {
        return false;
      }
      ++size;
      leg->key = Unquoted(rest_.substr(0, size));
    } else {
      size = std::min(rest_.find_first_of(".["), rest_.size());
      leg->key = std::string(rest_.substr(0, size));
    }
    rest_.remove_prefix(size);
    return size > 0;
  }

  bool ReadIndex(PathLeg* leg) {
    leg->is_index = true;
    if (!Take('[')) {
      return false;
    }
    const auto read = std::from_chars(rest_.data(), rest_.data() + rest_.size(), leg->index);
    rest_.remove_prefix(static_cast<size_t>(read.ptr - rest_.data()));
    return read.ec == std::errc() && Take(']');
  }

  std::string_view rest_;
};

// MySQL's order of an object's keys: by length, then by bytes.
bool KeyBefore(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

size_t FindKey(const Node& object, const std::string& key) {
  return static_cast<size_t>(std::find(object.keys.begin(), object.keys.end(), key) -
                             object.keys.begin());
}

// The position of the leg's child; children.size() where there is none.
size_t FindChild(const Node& node, const PathLeg& leg) {
  const size_t none = node.children.size();
  if (leg.is_index) {
    return node.kind == Node::Kind::kArray ? std::min<uint64_t>(leg.index, none) : none;
  }
  return node.kind == Node::Kind::kObject ? FindKey(node, leg.key) : none;
}

bool Insert(Node* parent, const PathLeg& leg, Node value) {
  if (leg.is_index) {
    if (parent->kind != Node::Kind::kArray) {
      return false;
    }
    const size_t at = FindChild(*parent, leg);
    parent->children.insert(parent->children.begin() + static_cast<std::ptrdiff_t>(at),
                            std::move(value));
    return true;
  }
  if (parent->kind != Node::Kind::kObject || FindKey(*parent, leg.key) < parent->keys.size()) {
    return false;
  }
  const auto behind = std::find_if(parent->keys.begin(), parent->keys.end(),
                                   [&](const std::string& key) { return KeyBefore(leg.key, key); });
  const std::ptrdiff_t at = behind - parent->keys.begin();
  parent->keys.insert(behind, leg.key);
  parent->children.insert(parent->children.begin() + at, std::move(value));
  return true;
}

void Remove(Node* parent, size_t child) {
  const auto at = static_cast<std::ptrdiff_t>(child);
  parent->children.erase(parent->children.begin() + at);
  if (parent->kind == Node::Kind::kObject) {
    parent->keys.erase(parent->keys.begin() + at);
  }
}

// What it costs to look for the leg's child: keys of its length are compared whole.
uint64_t StepsOf(const Node& node, const PathLeg& leg) {
  return leg.is_index ? 1 : 1 + node.keys.size() * (1 + leg.key.size() / 64);
}

// False where the path does not lead to what the operation needs, or costs more than there is.
bool Apply(uint8_t operation, const std::vector<PathLeg>& path, Node value, Budget* budget,
           Node* root) {
  if (path.empty()) {
    *root = std::move(value);
    return operation == kReplace;
  }
  Node* parent = root;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    if (!budget->Spend(StepsOf(*parent, path[i]), &budget->steps)) {
      return false;
    }
    const size_t child = FindChild(*parent, path[i]);
    if (child >= parent->children.size()) {
      return false;
    }
    parent = &parent->children[child];
  }
  const uint64_t moved = operation == kReplace ? 0 : parent->children.size();
  if (!budget->Spend(StepsOf(*parent, path.back()) + moved, &budget->steps)) {
    return false;
  }
  if (operation == kInsert) {
    return Insert(parent, path.back(), std::move(value));
  }
  const size_t child = FindChild(*parent, path.back());
  if (child >= parent->children.size()) {
    return false;
  }
  if (operation == kRemove) {
    Remove(parent, child);
  } else {
    parent->children[child] = std::move(value);
  }
  return true;
}

Status ReadTree(std::string_view text, Node* node) {
  TreeReader reader(text);
  return reader.Read(node, 0) && reader.AtEnd()
             ? Status::Ok()
             : Status::Corruption("JSON difference: the document cannot be read");
}

Status ApplyNext(ByteReader* reader, Budget* budget, Node* root) {
  const uint8_t operation = reader->U8();
  const std::string_view path_text = reader->LenEncBytes();
  const std::string_view binary = operation == kRemove ? std::string_view() : reader->LenEncBytes();
  std::vector<PathLeg> path;
  if (reader->ok() && (operation > kRemove || !PathReader(path_text).Read(&path))) {
    reader->Fail("operation " + std::to_string(operation) + " at path \"" + std::string(path_text) +
                 "\"");
  }
  BINSEEK_RETURN_IF_ERROR(reader->status("JSON difference"));
  Node value;
  if (operation != kRemove) {
    std::string text;
    BINSEEK_RETURN_IF_ERROR(DecodeJsonBinary(binary, &text));
    if (!budget->Spend(text.size(), &budget->text_bytes)) {
      return Status::Corruption("JSON difference: more text than its bytes can hold");
    }
    BINSEEK_RETURN_IF_ERROR(ReadTree(text, &value));
  }
  if (!Apply(operation, path, std::move(value), budget, root)) {
    if (budget->exhausted) {
      return Status::Corruption(
          "JSON difference: the differences look at more members than their document warrants");
    }
    return Status::Aborted("a JSON difference at " + std::string(path_text) +
                           " does not fit the document before it");
  }
  return Status::Ok();
}

}  // namespace

Status ApplyJsonDiffs(std::string_view diffs, std::string* document) {
  Node root;
  BINSEEK_RETURN_IF_ERROR(ReadTree(*document, &root));
  Budget budget{kMinSteps + kStepsPerByte * document->size(),
                kMinTextLimit + kMaxGrowth * diffs.size()};
  ByteReader reader(diffs);
  while (!reader.AtEnd()) {
    BINSEEK_RETURN_IF_ERROR(ApplyNext(&reader, &budget, &root));
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("JSON difference"));
  std::string changed;
  if (!Print(root, 0, &changed)) {
    return Status::Corruption("JSON difference: makes a document deeper than " +
                              std::to_string(kMaxDepth));
  }
  document->swap(changed);
  return Status::Ok();
}

}  // namespace binseek::binlog
