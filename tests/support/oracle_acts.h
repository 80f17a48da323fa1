// Random acts for the oracle test: a small world of few structures, lines and small amounts, where
// limits are met often. Acts are proposed, not known to be right: the rules refuse a part of them.
#ifndef REGISTRE_TESTS_SUPPORT_ORACLE_ACTS_H_
#define REGISTRE_TESTS_SUPPORT_ORACLE_ACTS_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "ledger/base/date.h"
#include "registre/v1/act.pb.h"
#include "registre/v1/event.pb.h"
#include "registre/v1/state.pb.h"

namespace registre::testing {

// The days that acts are dated in: three years.
Days OracleFirstDay();
Days OracleLastDay();

// One thread. The same seed, told of the same events, proposes the same acts.
class OracleActs {
 public:
  // Without `final_acts`, nothing is proposed that no correction takes back: no order is accepted
  // and no fiscal year is closed.
  OracleActs(uint64_t seed, bool final_acts) : rng_(seed), final_acts_(final_acts) {}

  // The first unit: the ledger, its structures, lines, call and sessions, and what was before it.
  std::vector<v1::Act> Founding();

  // Proposes an act.
  v1::Act Next();

  // What might have been recorded instead of an act: another amount, or another date. False when it
  // has neither.
  bool Instead(const v1::Act& act, v1::Act* replacement);

  // An event was recorded: later acts refer to what it brought in.
  void Learn(const v1::Event& event);

  uint64_t Below(uint64_t bound) { return bound == 0 ? 0 : rng_() % bound; }
  bool Chance(int percent) { return Below(100) < static_cast<uint64_t>(percent); }
  // Any day of the three years.
  Days AnyDay();

 private:
  using Maker = bool (OracleActs::*)(v1::Act*);
  struct Choice {
    int weight;
    Maker make;
  };

  // What was recorded, as far as acts refer to it. Corrections are not followed: what they took
  // away is referred to all the same, and refused.
  struct Allotment {
    std::string deliberation;
    std::string id;
    std::string line;
    std::string structure;  // may be empty
    int64_t cents = 0;
    Days voted_on = 0;
  };
  struct Convention {
    std::string number;
    std::string structure;
    int64_t cents = 0;
    Days signed_on = 0;  // last signature
    int avenants = 0;
    std::vector<v1::Tranche> tranches;
  };
  struct Order {
    int fiscal_year = 0;
    std::string mandat;
    std::string structure;
    int64_t net_cents = 0;
    int64_t paid_cents = 0;
    Days since = 0;  // its last step
    v1::PaymentStatus status = v1::PAYMENT_STATUS_ORDERED;
  };
  struct Recovery {
    v1::OrderRef order;
    std::string number;
    int64_t cents = 0;
    Days since = 0;
  };

  // Random values.
  int64_t Amount(int64_t most);
  // Mostly some time after the day, sometimes any day.
  v1::Date After(Days day);
  template <typename T>
  T& Pick(std::vector<T>& items) {
    return items[Below(items.size())];
  }
  std::string AnyStructure();
  std::string AnyLine();
  std::string Serial(const char* prefix);
  v1::OrderRef RefTo(const Order& order);

  // Makers: false when nothing was recorded that the act could be about.
  bool AdjustLine(v1::Act* act);
  bool VoteCredits(v1::Act* act);
  bool SubmitApplication(v1::Act* act);
  bool HoldSession(v1::Act* act);
  bool Vote(v1::Act* act);
  bool Sign(v1::Act* act);
  bool SignAvenant(v1::Act* act);
  bool ReceiveReport(v1::Act* act);
  bool AcceptReport(v1::Act* act);
  bool CloseConvention(v1::Act* act);
  bool Certify(v1::Act* act);
  bool OrderOnTranche(v1::Act* act);
  bool OrderOnAllotment(v1::Act* act);
  bool Accept(v1::Act* act);
  bool Suspend(v1::Act* act);
  bool Reject(v1::Act* act);
  bool Settle(v1::Act* act);
  bool Reduce(v1::Act* act);
  bool Release(v1::Act* act);
  // oracle_acts_after.cc
  bool Amend(v1::Act* act);
  bool Withdraw(v1::Act* act);
  bool Annul(v1::Act* act);
  bool ReduceAllotment(v1::Act* act);
  bool Terminate(v1::Act* act);
  bool Merge(v1::Act* act);
  bool AskBack(v1::Act* act);
  bool Receive(v1::Act* act);
  bool Reimpute(v1::Act* act);
  bool CloseYear(v1::Act* act);

  v1::Act Opening(const std::string& line);
  void AddAllotment(const v1::Date& date, v1::DeliberationVoted* act);
  v1::Tranche NewTranche(const std::string& id, const Allotment& allotment);
  void AddSchedule(v1::Tranche* tranche);
  const Allotment& PickAllotmentFor(const std::string& structure);
  // Each changes the tranche and returns what it adds to the convention.
  int64_t Raise(const Allotment& allotment, v1::Tranche* tranche);
  int64_t Lower(v1::Tranche* tranche);
  // A line of the tranche's schedule, or none.
  void PickLine(const v1::Tranche& tranche, v1::PaymentBasis* basis, v1::PaymentKind* kind,
                int64_t* most);
  void NumberOrder(Days day, v1::PaymentOrdered* order);
  const Order* PickOrder(std::initializer_list<v1::PaymentStatus> statuses);
  Convention& PickConventionOf(const std::string& structure);
  void Learn(const v1::OrderRef& ref, Days day, std::optional<v1::PaymentStatus> status);
  void Learn(const v1::DeliberationVoted& vote);
  void Learn(const v1::AvenantSigned& avenant, Days day);
  template <typename A>
  void LearnContract(const A& contract, Days day);
  // One that may act on another's allotment: sets the day from which it does.
  v1::DeliberationRef LaterDeliberation(const Allotment& allotment, Days* from);

  std::mt19937_64 rng_;
  const bool final_acts_;
  int serial_ = 0;  // of ids

  std::vector<v1::SessionHeld> sessions_;
  std::vector<v1::ApplicationSubmitted> applications_;
  std::vector<v1::DeliberationVoted> deliberations_;
  std::vector<Allotment> allotments_;
  std::vector<Convention> conventions_;
  std::vector<Order> orders_;
  std::vector<Recovery> recoveries_;
  int last_closed_year_ = 0;
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_ORACLE_ACTS_H_
