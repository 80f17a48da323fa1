// The folder of a ledger that was stopped cleanly, with consumers, checkpoints and a seal; and what
// a hand that has the disk may do to its log. Test data: nothing in it is real.
#ifndef REGISTRE_TESTS_SUPPORT_STOPPED_LEDGER_H_
#define REGISTRE_TESTS_SUPPORT_STOPPED_LEDGER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/proof/merkle.h"
#include "ledger/store/event_store.h"
#include "ledger/verify/verify_ledger.h"
#include "registre/v1/event.pb.h"

namespace registre::testing {

// Makes such a ledger: the acts of BusyLedger with so many orders, a seal of the directory, some
// acts after it; a consumer that is behind and one that is not; checkpoints at the seal, stamped,
// and at the end. Aborts when anything fails.
void MakeStoppedLedger(const std::string& directory, uint64_t seed, int orders);

// Starts the ledger in a folder as a server would, and writes down all that it answers: head,
// events, consumers, checkpoints, keys, rows and how long their histories are. Stops it again.
absl::StatusOr<std::string> AnswersOf(const std::string& directory);

// All that the log of a folder holds.
struct LogContent {
  std::vector<std::string> events;
  std::vector<Hash> leaf_hashes;
  std::vector<Tile> tiles;
  std::vector<ConsumerWrite> consumers;
  std::vector<CheckpointWrite> checkpoints;

  // Computes leaf hashes and tiles again from the events.
  void HashAgain();
  // Changes an event as a message.
  void Edit(uint64_t position, const std::function<void(v1::Event*)>& edit);
  v1::Event EventAt(uint64_t position) const;
};
LogContent ReadLogContent(const std::string& directory);
// Puts another log in its place: every checksum of its files is right.
void ReplaceLog(const std::string& directory, const LogContent& content);
// Writes HEAD as a clean stop would.
void WriteHeadAgain(const std::string& directory);

// The default options for a folder, without a progress.
VerifyLedgerOptions VerifyOptions(const std::string& directory, bool fold = true);

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_STOPPED_LEDGER_H_
