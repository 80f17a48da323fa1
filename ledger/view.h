// What rules may read: the state of every tag, the acts decided so far included.
#ifndef REGISTRE_LEDGER_VIEW_H_
#define REGISTRE_LEDGER_VIEW_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "registre/v1/state.pb.h"

namespace registre {

// Row keys. A tag is the key of its row.
inline constexpr char kLedgerKey[] = "ledger";
std::string StructureKey(std::string_view id);
std::string CallKey(std::string_view id);
std::string ApplicationKey(std::string_view number);
std::string SessionKey(std::string_view id);
std::string DeliberationKey(std::string_view number);
std::string BudgetLineKey(std::string_view code);
std::string ConventionKey(std::string_view number);
std::string PaymentKey(int fiscal_year, std::string_view mandat);
std::string SiretKey(std::string_view siret);
std::string SirenKey(std::string_view siren);
std::string CorrectionKey(std::string_view number);
// What stands for the act at a position, once it was corrected.
std::string CorrectedKey(uint64_t position);

// The origin of the log: the first line of its checkpoints. A restored ledger goes on under
// another. Empty before LedgerOpened.
const std::string& OriginOf(const v1::Ledger& ledger);

// Events that this log shares with the one of `origin`: without limit for its own, those of the
// backup for one that it had before a restoration, none for another log.
uint64_t EventsSharedWith(const v1::Ledger& ledger, std::string_view origin);

// The state that an act is judged on. One thread. A typed reader returns nullptr when the thing
// does not exist; the pointer lives until the next change of the view's owner. A read that fails on
// disk also returns nullptr and is kept in the owner's status: the owner must discard the decision
// then.
class LedgerView {
 public:
  virtual ~LedgerView() = default;

  // The row of a key, or nullptr when no event has touched it.
  virtual const v1::Row* Find(std::string_view key) const = 0;

  // Calls visit(key) for each key with the prefix, in order, until it returns false. Costs as much
  // as there are keys: for acts that are rare.
  virtual void ForEachKey(std::string_view prefix,
                          const std::function<bool(std::string_view key)>& visit) const = 0;

  // Never null: an empty ledger before LedgerOpened.
  const v1::Ledger& Ledger() const;
  const v1::Structure* Structure(std::string_view id) const;
  const v1::Call* Call(std::string_view id) const;
  const v1::Application* Application(std::string_view number) const;
  const v1::Session* Session(std::string_view id) const;
  const v1::Deliberation* Deliberation(std::string_view number) const;
  const v1::BudgetLine* BudgetLine(std::string_view code) const;
  const v1::Convention* Convention(std::string_view number) const;
  const v1::Payment* Payment(int fiscal_year, std::string_view mandat) const;
  // Structures that carry a SIRET, or whose SIRET starts with a SIREN; empty list when none.
  const v1::StructureIds& StructuresBySiret(std::string_view siret) const;
  const v1::StructureIds& StructuresBySiren(std::string_view siren) const;
  const v1::Correction* Correction(std::string_view number) const;
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_VIEW_H_
