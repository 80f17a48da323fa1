// Random acts of a test authority: a plausible life of a ledger, of any length, from a seed. All
// names and numbers are made up.
#ifndef REGISTRE_TESTS_SUPPORT_RANDOM_ACTS_H_
#define REGISTRE_TESTS_SUPPORT_RANDOM_ACTS_H_

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/date.h"
#include "ledger/view.h"
#include "registre/v1/act.pb.h"

namespace registre::testing {

// What is ordered on a line of a tranche, in cents; 0 when the tranche has no such line. The empty
// line id is what was ordered outside the lines.
int64_t OrderedOn(const v1::TrancheState& state, const std::string& line_id);

// Gives act after act: the opening of the ledger first, then everything mixed. An act refers to
// what the view holds, keeps the rules, and carries its filled fields, so that it can be folded as
// it is or recorded as a client's. The same seed and view give the same acts. One thread.
class RandomActs {
 public:
  // `view` holds what became of the acts given so far: whoever records or folds them changes it
  // before the next call. It outlives the generator.
  RandomActs(uint64_t seed, const LedgerView& view);

  v1::Act Next();

  // The day of the last act. Days go forward, by one an act at most on average.
  Days today() const { return today_; }

 private:
  using Maker = bool (RandomActs::*)(v1::Act*);
  struct Choice {
    int weight;
    Maker make;
  };

  // What may still be drawn of an allotment.
  struct Source {
    std::string deliberation;
    std::string allotment;
    std::string budget_code;
    std::string structure_id;
    bool named = false;  // the allotment names that structure and no other
    int64_t left_cents = 0;
    Days voted_on = 0;
  };

  // Random values.
  uint64_t Below(uint64_t bound) { return bound == 0 ? 0 : rng_() % bound; }
  bool Chance(int percent) { return Below(100) < static_cast<uint64_t>(percent); }
  // From 1 to `most`; 1 when it is less.
  int64_t Amount(int64_t most);
  const std::string& Pick(const std::vector<std::string>& ids) { return ids[Below(ids.size())]; }
  v1::Act MakeFrom(const std::vector<Choice>& choices);
  std::string Siret(const std::string& siren);
  std::string Siren();

  v1::Date Today() const { return FromDays(today_); }
  int Year() const { return Today().year(); }
  Days OpenedOn() const { return ToDays(view_.Ledger().opened().date()); }
  v1::DeliberationRef Conseil();

  // Makers: one act each; false when nothing in the ledger allows it. random_acts.cc
  void OpenLedger(v1::Act* act);
  bool RegisterStructure(v1::Act* act);
  bool UpdateStructure(v1::Act* act);
  bool OpenBudgetLine(v1::Act* act);
  bool AdjustBudgetLine(v1::Act* act);
  bool VoteCredits(v1::Act* act);
  bool RecordOpeningCommitment(v1::Act* act);
  bool RecordOpeningConvention(v1::Act* act);
  bool RecordOpeningPayment(v1::Act* act);
  // random_acts_assembly.cc
  bool OpenCall(v1::Act* act);
  bool SubmitApplication(v1::Act* act);
  bool WithdrawApplication(v1::Act* act);
  bool InstructApplication(v1::Act* act);
  bool HoldSession(v1::Act* act);
  bool TableReport(v1::Act* act);
  bool GiveOpinion(v1::Act* act);
  bool VoteDeliberation(v1::Act* act);
  bool TransmitDeliberation(v1::Act* act);
  bool PublishDeliberation(v1::Act* act);
  bool AddAllotments(v1::DeliberationVoted* act);
  void Tally(const v1::SessionHeld& session, v1::DeliberationVoted* act);
  // random_acts_contract.cc
  bool SignConvention(v1::Act* act);
  bool SignAvenant(v1::Act* act);
  bool ReceiveReport(v1::Act* act);
  bool AcceptReport(v1::Act* act);
  bool CloseConvention(v1::Act* act);
  bool CertifyService(v1::Act* act);
  const v1::Convention* PickOpenConvention();
  // An allotment with something left, for the structure and line when they are not empty.
  bool FindSource(const std::string& structure_id, const std::string& budget_code, Source* source);
  void AddSchedule(int64_t cents, v1::Tranche* tranche);
  v1::Tranche NewTranche(const std::string& id, const Source& source, int64_t cents);
  bool Raise(const v1::Convention& convention, v1::AvenantSigned* act, Source* source);
  bool AddTranche(const v1::Convention& convention, v1::AvenantSigned* act, Source* source);
  bool Reduce(const v1::Convention& convention, v1::AvenantSigned* act);
  void Extend(const v1::Convention& convention, v1::AvenantSigned* act);
  // random_acts_money.cc
  bool OrderOnTranche(v1::Act* act);
  bool OrderOnAllotment(v1::Act* act);
  bool AcceptPayment(v1::Act* act);
  bool SuspendPayment(v1::Act* act);
  bool RejectPayment(v1::Act* act);
  bool SettlePayment(v1::Act* act);
  bool ReducePayment(v1::Act* act);
  bool ReleaseCommitment(v1::Act* act);
  // random_acts_decision.cc
  bool AmendDeliberation(v1::Act* act);
  bool WithdrawDeliberation(v1::Act* act);
  bool AnnulDeliberation(v1::Act* act);
  bool ReduceAllotment(v1::Act* act);
  bool TerminateConvention(v1::Act* act);
  bool MergeStructures(v1::Act* act);
  // Neither withdrawn nor annulled.
  static bool Stands(const v1::Deliberation& deliberation);
  // The structure in the place of one that was absorbed by that day.
  std::string SuccessorOf(std::string structure_id, Days day) const;
  // One that stands and allots; null when none comes up.
  const v1::Deliberation* PickAllotting();
  // One that may amend or withdraw another.
  const v1::Deliberation* PickDecider(const v1::Deliberation& changed);
  // What the tranche draws on stands.
  bool SourcesStand(const v1::Tranche& tranche) const;
  bool CheckCredits(const v1::PaymentOrdered& order) const;
  // What may still be ordered on the tranche by an order of the kind: on the schedule line, or,
  // when it is null, on what the schedule leaves; 0 or less: nothing.
  int64_t RoomOn(const v1::Convention& convention, const v1::TrancheState& state,
                 const v1::ScheduleLine* line, v1::PaymentKind kind) const;
  void NumberOrder(v1::PaymentOrdered* order);
  // One of the last orders, when it is in one of the states.
  const v1::Payment* PickPayment(const std::vector<v1::PaymentStatus>& states, v1::OrderRef* order);

  // random_acts_recovery.cc
  bool OrderRecovery(v1::Act* act);
  bool ReceiveRecovery(v1::Act* act);
  bool ReimputePayment(v1::Act* act);
  bool CloseFiscalYear(v1::Act* act);
  // 0: none is.
  int LastClosedYear() const;
  // Another basis of the same payee with room for the order; false when none is found.
  bool FindBasis(const v1::Payment& payment, v1::PaymentOrdered* order);

  const LedgerView& view_;
  std::mt19937_64 rng_;
  Days today_;
  uint64_t given_ = 0;
  int serial_ = 0;  // of ids

  // Ids given so far; what was refused is not in the view.
  std::vector<std::string> structures_;
  std::vector<std::string> lines_;
  std::vector<std::string> calls_;
  std::vector<std::string> applications_;
  std::vector<std::string> sessions_;
  std::vector<std::string> deliberations_;
  std::vector<std::string> conventions_;
  std::vector<std::pair<int, std::string>> payments_;
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_RANDOM_ACTS_H_
