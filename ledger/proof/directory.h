// A sealed directory of tags (DirectorySealed, control.proto): its entries, and what they prove.
// Pure; any thread.
//
//   entry   tag, 0x00, events (8 bytes, big-endian), position of the last (8 bytes, big-endian)
//   leaf    SHA-256(0x00 || entry); the tree is that of RFC 9162, over the entries in order of tag
#ifndef REGISTRE_LEDGER_PROOF_DIRECTORY_H_
#define REGISTRE_LEDGER_PROOF_DIRECTORY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/tree_proof.h"

namespace registre {

// A tag up to the seal.
struct TagEntry {
  std::string tag;
  uint64_t events = 0;         // at least 1
  uint64_t last_position = 0;  // of the last of them

  bool operator==(const TagEntry&) const = default;
};

Hash LeafHashOf(const TagEntry& entry);

// An entry with where it stands.
struct ProvenEntry {
  TagEntry entry;
  uint64_t index = 0;
  Proof proof;
};

// Verifies what a directory of `count` tags and that root says of a tag. One entry, the tag's own:
// it has that many events. Otherwise it is absent: two entries that follow each other with the tag
// between them, or the first or the last alone with the tag before or after it. Returns how many
// events the tag has. INVALID_ARGUMENT (PROOF_INVALID) when the entries prove neither.
absl::StatusOr<uint64_t> VerifyTag(std::string_view tag, uint64_t count, const Hash& root,
                                   const std::vector<ProvenEntry>& entries);

}  // namespace registre

#endif  // REGISTRE_LEDGER_PROOF_DIRECTORY_H_
