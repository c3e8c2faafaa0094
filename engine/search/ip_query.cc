#include "engine/search/ip_query.h"

#include <algorithm>
#include <utility>

#include "engine/mapping/ip.h"
#include "engine/search/constant_query.h"
#include "engine/search/term_union.h"

namespace binseek::search {
namespace {

using mapping::IpBlock;

// Blocks are sorted and apart.
class IpBlocksWeight final : public TermUnionWeight {
 public:
  IpBlocksWeight(const FieldRef& ref, std::vector<IpBlock> blocks, bool scores, float score)
      : TermUnionWeight(ref, scores, score), blocks_(std::move(blocks)) {}

 private:
  void CollectTerms(const codec::BlockTermDictionary& terms, TermUnion* out) const override {
    codec::BlockTermDictionary::Cursor cursor(terms);
    for (const IpBlock& block : blocks_) {
      for (bool ok = cursor.SeekCeil(block.first); ok && cursor.term() <= block.last;
           ok = cursor.Next()) {
        out->Add(cursor.info());
      }
    }
  }

  const std::vector<IpBlock> blocks_;
};

std::vector<IpBlock> Normalized(std::vector<IpBlock> blocks) {
  std::sort(blocks.begin(), blocks.end(),
            [](const IpBlock& a, const IpBlock& b) { return a.first < b.first; });
  std::vector<IpBlock> out;
  for (IpBlock& block : blocks) {
    if (!out.empty() && block.first <= out.back().last) {
      out.back().last = std::max(out.back().last, block.last);
    } else {
      out.push_back(std::move(block));
    }
  }
  return out;
}

Result<IpBlock> BlockOf(const std::string& text) {
  if (text.find('/') != std::string::npos) {
    return mapping::ParseCidr(text);
  }
  BINSEEK_ASSIGN_OR_RETURN(std::string bytes, mapping::ParseIp(text));
  return IpBlock{bytes, bytes};
}

Status QueryError(const Status& status) {
  return Status::InvalidArgument("failed to create query: " + status.message());
}

}  // namespace

Result<std::unique_ptr<Weight>> BindIpValues(const BindContext& context, const FieldRef& ref,
                                             const std::vector<std::string>& values, float score) {
  std::vector<IpBlock> blocks;
  for (const std::string& value : values) {
    Result<IpBlock> block = BlockOf(value);
    if (!block.ok()) {
      return QueryError(block.status());
    }
    blocks.push_back(*std::move(block));
  }
  std::string name = ref.field->name + ":(";
  for (const std::string& value : values) {
    name += (name.ends_with('(') ? "" : " ") + value;
  }
  return Describe(
      std::make_unique<IpBlocksWeight>(ref, Normalized(std::move(blocks)), context.scores, score),
      values.size() == 1 ? ref.field->name + ":" + values[0] : name + ")");
}

Result<std::unique_ptr<Weight>> BindIpRange(const BindContext& context, const FieldRef& ref,
                                            const std::optional<Bound>& lower,
                                            const std::optional<Bound>& upper, float score) {
  IpBlock block{std::string(mapping::kIpBytes, '\0'), std::string(mapping::kIpBytes, '\xff')};
  for (const bool is_lower : {true, false}) {
    const std::optional<Bound>& bound = is_lower ? lower : upper;
    if (!bound) {
      continue;
    }
    Result<std::string> bytes = mapping::ParseIp(bound->value);
    if (!bytes.ok()) {
      return QueryError(bytes.status());
    }
    if (!bound->inclusive && !mapping::StepIp(&*bytes, is_lower)) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    (is_lower ? block.first : block.last) = *std::move(bytes);
  }
  const std::string name = ref.field->name + ":[" + mapping::FormatIp(block.first) + " TO " +
                           mapping::FormatIp(block.last) + "]";
  return Describe(std::make_unique<IpBlocksWeight>(ref, std::vector<IpBlock>{std::move(block)},
                                                   context.scores, score),
                  name);
}

}  // namespace binseek::search
