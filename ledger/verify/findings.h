// What a verification finds. Private to ledger/verify, but for LedgerFinding and SignedHead.
#ifndef REGISTRE_LEDGER_VERIFY_FINDINGS_H_
#define REGISTRE_LEDGER_VERIFY_FINDINGS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/proof/note.h"

namespace registre {

struct LedgerFinding {
  std::optional<uint64_t> position;  // of the event it is about
  std::string subject;  // otherwise what it is about: HEAD, a file, a checkpoint, a consumer
  std::string what;     // in plain words

  bool operator==(const LedgerFinding&) const = default;
};

// How much of the log is signed, and by which verifier keys.
struct SignedHead {
  uint64_t size = 0;
  std::vector<VerifierKey> signers;
};

// The first `most` that are found, how many more there are, and the one of the lowest position.
// One thread.
class Findings {
 public:
  explicit Findings(size_t most) : most_(most) {}

  void AtEvent(uint64_t position, std::string what) {
    Add({.position = position, .subject = "", .what = std::move(what)});
  }
  void Of(std::string subject, std::string what) {
    Add({.position = std::nullopt, .subject = std::move(subject), .what = std::move(what)});
  }

  bool empty() const { return all_.empty(); }
  bool full() const { return all_.size() >= most_; }
  const std::vector<LedgerFinding>& all() const { return all_; }
  uint64_t more() const { return more_; }
  const std::optional<LedgerFinding>& first_event() const { return first_event_; }

 private:
  void Add(LedgerFinding finding) {
    if (finding.position && (!first_event_ || *finding.position < *first_event_->position)) {
      first_event_ = finding;
    }
    if (full()) {
      ++more_;
    } else {
      all_.push_back(std::move(finding));
    }
  }

  const size_t most_;
  std::vector<LedgerFinding> all_;
  uint64_t more_ = 0;
  std::optional<LedgerFinding> first_event_;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_VERIFY_FINDINGS_H_
