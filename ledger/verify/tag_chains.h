// The chains of all tags of a log of any length, in bounded memory. Private to ledger/verify.
//
// The tags of a stretch of the log are kept in memory: where each one's links start from there, and
// where they end. A full stretch is sorted by tag and goes to a file; when the stretches are
// merged, each must start where the one before it ended:
//
//   stretch 1   convention:a  starts at nothing      ends at (sequence 3, #40)
//   stretch 2   convention:a  starts at (3, #40)     ends at (5, #90)
#ifndef REGISTRE_LEDGER_VERIFY_TAG_CHAINS_H_
#define REGISTRE_LEDGER_VERIFY_TAG_CHAINS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "ledger/proof/directory.h"
#include "ledger/verify/findings.h"
#include "ledger/verify/spill_file.h"
#include "registre/v1/event.pb.h"

namespace registre {

// One thread.
class TagChains {
 public:
  static constexpr size_t kTagsInMemory = 200'000;

  explicit TagChains(std::string folder, size_t in_memory = kTagsInMemory)
      : folder_(std::move(folder)), in_memory_(in_memory) {}

  // The next link, of the event at a position. A link that does not follow is a finding, and the
  // chain goes on from it. Errors are those of the disk.
  absl::Status Add(uint64_t position, const v1::TagLink& link, Findings* findings);

  // Calls visit for each tag with where its chain ends, in order of the tags' bytes; what does not
  // follow is a finding. More may be added after. Errors are those of the disk.
  absl::Status Merge(Findings* findings, const std::function<void(const TagEntry&)>& visit);

 private:
  // Where a chain is after a link: the events of the tag, and the position of the last.
  struct End {
    uint64_t count = 0;
    uint64_t position = 0;  // 0 when there is none
    bool operator==(const End&) const = default;
  };
  // A tag within a stretch.
  struct Part {
    uint64_t first = 0;  // position of its first event there
    End before;          // as its first link there says
    End after;
  };
  struct NamedPart {
    std::string tag;
    Part part;
  };
  // What stands in a file before the bytes of a tag.
  struct TagRecord {
    uint64_t tag_bytes = 0;
    Part part;
  };
  struct PartView {
    std::string_view tag;
    const Part* part;
  };

  // In order of the tags' bytes; good until parts_ changes.
  std::vector<PartView> Sorted() const;
  absl::Status Spill();
  static void WritePart(std::string_view tag, const Part& part, SpillFile* file);
  static bool ReadPart(SpillFile* file, NamedPart* named);

  const std::string folder_;
  const size_t in_memory_;
  absl::flat_hash_map<std::string, Part> parts_;
  std::vector<std::unique_ptr<SpillFile>> files_;  // by stretch, the first one first
};

// The end of a chain before a link, as the link says; nothing when it says what cannot be.
std::optional<TagEntry> BeforeLink(const v1::TagLink& link);

}  // namespace registre

#endif  // REGISTRE_LEDGER_VERIFY_TAG_CHAINS_H_
