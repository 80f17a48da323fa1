#include "ledger/proof/directory.h"

#include <fmt/format.h>

#include "ledger/base/errors.h"

namespace registre {
namespace {

absl::Status TagProofInvalid(std::string why) {
  return Error(absl::StatusCode::kInvalidArgument, "PROOF_INVALID", std::move(why));
}

void AppendDirectoryInteger(uint64_t number, std::string* bytes) {
  for (int shift = 56; shift >= 0; shift -= 8) *bytes += static_cast<char>(number >> shift & 0xFF);
}

absl::Status VerifyDirectoryEntry(const ProvenEntry& proven, uint64_t count, const Hash& root) {
  return Annotate(
      VerifyInclusion(LeafHashOf(proven.entry), proven.index, count, proven.proof, root),
      fmt::format("the entry of {} in the sealed directory: ", proven.entry.tag));
}

}  // namespace

Hash LeafHashOf(const TagEntry& entry) {
  std::string bytes(1, '\0');
  bytes += entry.tag;
  bytes += '\0';
  AppendDirectoryInteger(entry.events, &bytes);
  AppendDirectoryInteger(entry.last_position, &bytes);
  return Sha256(bytes);
}

absl::StatusOr<uint64_t> VerifyTag(std::string_view tag, uint64_t count, const Hash& root,
                                   const std::vector<ProvenEntry>& entries) {
  if (entries.empty() || entries.size() > 2) {
    return TagProofInvalid(
        fmt::format("{} entries prove nothing of a tag: it takes one or two", entries.size()));
  }
  for (const ProvenEntry& proven : entries) {
    if (proven.entry.events == 0) return TagProofInvalid("a sealed tag has at least one event");
    if (absl::Status status = VerifyDirectoryEntry(proven, count, root); !status.ok()) {
      return status;
    }
  }
  const ProvenEntry& first = entries.front();
  if (entries.size() == 1 && first.entry.tag == tag) return first.entry.events;
  const bool is_between = entries.size() == 2 && entries[1].index == first.index + 1 &&
                          first.entry.tag < tag && tag < entries[1].entry.tag;
  const bool is_before_all = entries.size() == 1 && first.index == 0 && tag < first.entry.tag;
  const bool is_after_all =
      entries.size() == 1 && first.index == count - 1 && first.entry.tag < tag;
  if (is_between || is_before_all || is_after_all) return 0;
  return TagProofInvalid(
      fmt::format("the entries are neither that of {} nor its neighbours in the directory", tag));
}

}  // namespace registre
