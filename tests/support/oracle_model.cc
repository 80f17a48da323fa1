#include "tests/support/oracle_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/time/time.h"
#include "ledger/acts/act.h"
#include "ledger/base/clock.h"
#include "ledger/base/date.h"

namespace registre::testing {
namespace {

// ---- Which acts count

// How many events are known: whole units.
size_t KnownSize(const std::vector<v1::Event>& log, const v1::AsOf& as_of) {
  size_t size = log.size();
  if (as_of.has_instant()) {
    const absl::Time instant = FromTimestamp(as_of.instant());
    size = 0;
    while (size < log.size() && FromTimestamp(log[size].recorded_at()) <= instant) ++size;
  } else if (as_of.known_at_case() == v1::AsOf::kPosition && as_of.position() < log.size()) {
    size = as_of.position() + 1;
    while (size < log.size() && log[size].unit_index() > 0) ++size;
  }
  return size;
}

// An act that counts, or one that is taken away again. On a date on which only what takes it away
// is in effect, it counts less than not at all: the sums are plain.
struct Standing {
  uint64_t position = 0;  // where the act was first recorded
  int sign = 1;
  const v1::Act* act = nullptr;
};

std::vector<Standing> StandingActs(const std::vector<v1::Event>& log,
                                   const v1::ReadOptions& options) {
  const v1::AsOf& as_of = options.as_of();
  std::vector<Standing> acts;
  for (size_t i = 0; i < KnownSize(log, as_of); ++i) {
    const v1::Event& event = log[i];
    const v1::Act& act = event.act();
    if (as_of.has_effective_on() && EffectiveDateOf(act) > ToDays(as_of.effective_on())) continue;
    if (options.as_recorded() && !event.correction_number().empty()) continue;
    if (act.has_act_reversed()) {
      acts.push_back({act.act_reversed().target_position(), -1, &act.act_reversed().act()});
    } else if (act.has_act_rectified()) {
      acts.push_back({act.act_rectified().target_position(), 1, &act.act_rectified().act()});
    } else {
      acts.push_back({event.position(), 1, &act});
    }
  }
  return acts;
}

// ---- What an act moves

// Where money moves. Empty: no such thing is concerned.
struct Place {
  std::string line;        // budget line
  int fiscal_year = 0;     // of the order
  std::string structure;   // who is paid
  int year = 0;            // calendar year in which the order was given
  std::string convention;  // either a tranche of a convention, and a line of its schedule,
  std::string tranche;
  std::string schedule_line;
  std::string deliberation;  // or an allotment of a deliberation
  std::string allotment;
  std::string payment;         // the order
  bool after_service = false;  // the order is no advance
};

void PutBasis(const v1::PaymentBasis& basis, Place* place) {
  place->convention = basis.convention_number();
  place->tranche = basis.tranche_id();
  place->schedule_line = basis.schedule_line_id();
  place->deliberation = basis.deliberation_number();
  place->allotment = basis.allotment_id();
}

Place PlaceOf(const v1::PaymentOrdered& order) {
  Place place;
  place.line = order.budget_code();
  place.fiscal_year = order.fiscal_year();
  place.structure = order.structure_id();
  place.year = order.date().year();
  PutBasis(order.basis(), &place);
  place.payment = fmt::format("{}-{}", order.fiscal_year(), order.mandat());
  place.after_service = order.kind() != v1::PAYMENT_KIND_ADVANCE;
  return place;
}

Place PlaceOf(const v1::OrderRef& order) {
  Place place;
  place.line = order.budget_code();
  place.fiscal_year = order.fiscal_year();
  place.structure = order.structure_id();
  place.year = order.ordered_in_year();
  PutBasis(order.basis(), &place);
  place.payment = fmt::format("{}-{}", order.fiscal_year(), order.mandat());
  place.after_service = order.kind() != v1::PAYMENT_KIND_ADVANCE;
  return place;
}

Place PlaceOf(const v1::OpeningPaymentRecorded& payment) {
  Place place;
  place.line = payment.budget_code();
  place.fiscal_year = payment.fiscal_year();
  place.structure = payment.structure_id();
  place.year = payment.date().year();
  place.convention = payment.convention_number();
  place.tranche = payment.tranche_id();
  place.schedule_line = payment.schedule_line_id();
  return place;
}

// Adds acts up.
class NaiveSums {
 public:
  void Count(const Standing& standing) {
    sign_ = standing.sign;
    position_ = standing.position;
    CountAct(*standing.act);
  }

  Balances Take() {
    for (const std::string& code : lines_) {
      const std::string line = "budget_line:" + code + " ";
      sums_[line + "available_cents"] =
          sums_[line + "authorised_cents"] - sums_[line + "opening_commitment_cents"] -
          sums_[line + "voted_cents"] + sums_[line + "released_cents"];
    }
    for (const auto& [what, steps] : steps_) {
      if (steps.empty()) continue;
      const auto& [position, day, figure, value] = *std::max_element(steps.begin(), steps.end());
      sums_[what + " " + figure] = value;
    }
    for (auto it = sums_.begin(); it != sums_.end();) {
      it = it->second == 0 ? sums_.erase(it) : std::next(it);
    }
    return std::move(sums_);
  }

 private:
  using Tranches = google::protobuf::RepeatedPtrField<v1::Tranche>;
  using Changes = google::protobuf::RepeatedPtrField<v1::AllotmentChange>;
  // Position of an act, its day, and the figure that it sets.
  using Step = std::tuple<uint64_t, Days, std::string, int64_t>;

  // ---- One figure

  void Add(const char* kind, const std::string& id, const std::string& figure, int64_t amount) {
    if (!id.empty()) sums_[fmt::format("{}:{} {}", kind, id, figure)] += sign_ * amount;
  }
  void OnLine(const std::string& code, const std::string& figure, int64_t amount) {
    Add("budget_line", code, figure, amount);
    if (std::find(lines_.begin(), lines_.end(), code) == lines_.end()) lines_.push_back(code);
  }
  void OnYear(const Place& place, const std::string& figure, int64_t amount) {
    OnLine(place.line, fmt::format("fiscal_years[{}].{}", place.fiscal_year, figure), amount);
  }
  void OnTranche(const std::string& convention, const std::string& tranche,
                 const std::string& figure, int64_t amount) {
    Add("convention", convention, fmt::format("tranches[{}].{}", tranche, figure), amount);
  }
  void OnScheduleLine(const Place& place, const std::string& figure, int64_t amount) {
    OnTranche(place.convention, place.tranche,
              fmt::format("lines[{}].{}", place.schedule_line, figure), amount);
  }
  void OnAllotment(const std::string& deliberation, const std::string& allotment,
                   const std::string& figure, int64_t amount) {
    Add("deliberation", deliberation, fmt::format("allotments[{}].{}", allotment, figure), amount);
  }

  // ---- One movement, in all the figures it is part of. Negative: it is taken back.

  // An assembly allots to an allotment.
  void Allotted(const std::string& deliberation, const std::string& allotment,
                const std::string& line, const std::string& structure, const std::string& call,
                const std::string& application, int64_t cents) {
    OnLine(line, "voted_cents", cents);
    Add("structure", structure, "allotted_cents", cents);
    Add("call", call, "allotted_cents", cents);
    Add("application", application, "allotted_cents", cents);
    OnAllotment(deliberation, allotment, "amount_cents", cents);
  }

  // A contract promises money to a structure.
  void Contracted(const std::string& convention, const std::string& structure, int64_t cents) {
    Add("structure", structure, "contracted_cents", cents);
    Add("convention", convention, "amount_cents", cents);
  }

  // Its tranches come into force (1), or are replaced (-1). What they do not draw on allotments was
  // committed before the ledger was opened.
  void Terms(const std::string& convention, const Tranches& tranches, int in_force) {
    for (const v1::Tranche& tranche : tranches) {
      const std::string& line = tranche.budget_code();
      int64_t undrawn = tranche.ceiling_cents();
      OnTranche(convention, tranche.tranche_id(), "ceiling_cents",
                in_force * tranche.ceiling_cents());
      for (const v1::Draw& draw : tranche.draws()) {
        const int64_t cents = in_force * draw.amount_cents();
        OnLine(line, "contracted_cents", cents);
        OnAllotment(draw.deliberation_number(), draw.allotment_id(), "drawn_cents", cents);
        undrawn -= draw.amount_cents();
      }
      OnLine(line, "opening_contracted_cents", in_force * undrawn);
    }
  }

  void Ordered(const Place& place, int64_t cents) {
    OnLine(place.line, "ordered_cents", cents);
    OnYear(place, "ordered_cents", cents);
    Add("structure", place.structure, "ordered_cents", cents);
    Add("structure", place.structure, fmt::format("ordered_by_year[{}].amount_cents", place.year),
        cents);
    OnTranche(place.convention, place.tranche, "ordered_cents", cents);
    OnScheduleLine(place, "ordered_cents", cents);
    if (place.after_service) {
      OnTranche(place.convention, place.tranche, "ordered_after_service_cents", cents);
    }
    OnAllotment(place.deliberation, place.allotment, "ordered_cents", cents);
  }

  void Paid(const Place& place, int64_t cents) {
    OnLine(place.line, "paid_cents", cents);
    OnYear(place, "paid_cents", cents);
    Add("structure", place.structure, "paid_cents", cents);
    OnTranche(place.convention, place.tranche, "paid_cents", cents);
    OnScheduleLine(place, "paid_cents", cents);
    Add("payment", place.payment, "paid_cents", cents);
  }

  // Orders that wait for the accountant.
  void Unanswered(const Place& place, int64_t orders) {
    OnYear(place, "unanswered_orders", orders);
  }

  void AskedBack(const Place& place, int64_t cents) {
    OnLine(place.line, "recovery_ordered_cents", cents);
    Add("structure", place.structure, "recovery_ordered_cents", cents);
    OnTranche(place.convention, place.tranche, "recovery_ordered_cents", cents);
  }

  void Recovered(const Place& place, int64_t cents) {
    OnLine(place.line, "recovered_cents", cents);
    Add("structure", place.structure, "recovered_cents", cents);
    OnTranche(place.convention, place.tranche, "recovered_cents", cents);
  }

  void Requested(const v1::ApplicationSubmitted& act) {
    Add("structure", act.structure_id(), "requested_cents", act.requested_cents());
    Add("call", act.call_id(), "requested_cents", act.requested_cents());
    Add("call", act.call_id(), "applications", 1);
    Add("application", act.number(), "requested_cents", act.requested_cents());
  }

  // What the last of several acts says: of all that stand, the one that was first recorded last.
  void Last(const std::string& what, const v1::Date& date, const std::string& figure,
            int64_t value) {
    std::vector<Step>& steps = steps_[what];
    const Step step{position_, ToDays(date), figure, value};
    const auto at = std::find(steps.begin(), steps.end(), step);
    if (sign_ > 0) {
      steps.push_back(step);
    } else if (at != steps.end()) {
      steps.erase(at);
    }
  }

  void Stands(const Place& place, v1::PaymentStatus status, const v1::Date& date) {
    Last("payment:" + place.payment, date, "status", status);
  }

  // ---- Acts of some length

  void Voted(const v1::DeliberationVoted& act) {
    if (act.result() != v1::VOTE_RESULT_ADOPTED) return;
    for (const v1::Allotment& allotment : act.allotments()) {
      Allotted(act.number(), allotment.allotment_id(), allotment.budget_code(),
               allotment.structure_id(), act.call_id(), allotment.application_number(),
               allotment.amount_cents());
      for (const std::string& id : allotment.named_structure_ids()) {
        Add("structure", id, "named_without_amount", 1);
      }
    }
  }

  void Changed(const std::string& deliberation, const std::string& call, const Changes& changes) {
    for (const v1::AllotmentChange& change : changes) {
      Allotted(deliberation, change.allotment_id(), change.budget_code(), change.structure_id(),
               call, change.application_number(),
               change.amount_after_cents() - change.amount_before_cents());
    }
  }

  template <typename A>
  void Signed(const A& act) {
    Contracted(act.number(), act.structure_id(), act.amount_cents());
    Add("structure", act.structure_id(), "conventions", 1);
    Last("structure:" + act.structure_id(), act.signatures().authority_signed_on(),
         "last_convention=" + act.number(), 1);
    Terms(act.number(), act.tranches(), 1);
  }

  void Reimputed(const v1::PaymentReimputed& act) {
    const Place from = PlaceOf(act.order());
    Place to = from;
    to.line = act.budget_code();
    PutBasis(act.basis(), &to);
    Ordered(from, -act.order().amount_cents());
    Ordered(to, act.order().amount_cents());
    Paid(from, -act.paid_cents());
    Paid(to, act.paid_cents());
    AskedBack(from, -act.recovery_ordered_cents());
    AskedBack(to, act.recovery_ordered_cents());
    Recovered(from, -act.recovered_cents());
    Recovered(to, act.recovered_cents());
  }

  void CountAct(const v1::Act& act);

  Balances sums_;
  std::vector<std::string> lines_;
  std::map<std::string, std::vector<Step>> steps_;  // by row
  int sign_ = 1;
  uint64_t position_ = 0;
};

void NaiveSums::CountAct(const v1::Act& act) {
  switch (act.act_case()) {
    case v1::Act::kBudgetLineOpened:
      OnLine(act.budget_line_opened().code(), "authorised_cents",
             act.budget_line_opened().authorised_cents());
      break;
    case v1::Act::kBudgetLineAdjusted:
      OnLine(act.budget_line_adjusted().code(), "authorised_cents",
             act.budget_line_adjusted().authorised_after_cents() -
                 act.budget_line_adjusted().authorised_before_cents());
      break;
    case v1::Act::kPaymentCreditsVoted:
      OnLine(
          act.payment_credits_voted().code(),
          fmt::format("fiscal_years[{}].credits_cents", act.payment_credits_voted().fiscal_year()),
          act.payment_credits_voted().credits_after_cents() -
              act.payment_credits_voted().credits_before_cents());
      break;
    case v1::Act::kOpeningCommitmentRecorded:
      OnLine(act.opening_commitment_recorded().code(), "opening_commitment_cents",
             act.opening_commitment_recorded().amount_cents());
      break;
    case v1::Act::kOpeningConventionRecorded:
      Signed(act.opening_convention_recorded());
      break;
    case v1::Act::kOpeningPaymentRecorded: {
      const Place place = PlaceOf(act.opening_payment_recorded());
      Ordered(place, act.opening_payment_recorded().amount_cents());
      Paid(place, act.opening_payment_recorded().amount_cents());
      break;
    }
    case v1::Act::kApplicationSubmitted:
      Requested(act.application_submitted());
      break;
    case v1::Act::kDeliberationVoted:
      Voted(act.deliberation_voted());
      break;
    case v1::Act::kDeliberationAmended:
      Changed(act.deliberation_amended().deliberation_number(),
              act.deliberation_amended().call_id(), act.deliberation_amended().changes());
      break;
    case v1::Act::kDeliberationWithdrawn:
      Changed(act.deliberation_withdrawn().deliberation_number(),
              act.deliberation_withdrawn().call_id(), act.deliberation_withdrawn().changes());
      break;
    case v1::Act::kDeliberationAnnulled:
      Changed(act.deliberation_annulled().deliberation_number(),
              act.deliberation_annulled().call_id(), act.deliberation_annulled().changes());
      break;
    case v1::Act::kAllotmentReduced: {
      Changes changes;
      *changes.Add() = act.allotment_reduced().change();
      Changed(act.allotment_reduced().deliberation_number(), act.allotment_reduced().call_id(),
              changes);
      break;
    }
    case v1::Act::kCommitmentReleased: {
      const v1::CommitmentReleased& released = act.commitment_released();
      OnLine(released.budget_code(), "released_cents", released.amount_cents());
      OnAllotment(released.deliberation_number(), released.allotment_id(), "released_cents",
                  released.amount_cents());
      break;
    }
    case v1::Act::kConventionSigned:
      Signed(act.convention_signed());
      break;
    case v1::Act::kAvenantSigned: {
      const v1::AvenantSigned& avenant = act.avenant_signed();
      Contracted(avenant.convention_number(), avenant.structure_id(), avenant.delta_cents());
      Last("convention:" + avenant.convention_number(), avenant.signatures().authority_signed_on(),
           "last_avenant", avenant.avenant_number());
      Terms(avenant.convention_number(), avenant.tranches_before(), -1);
      Terms(avenant.convention_number(), avenant.tranches(), 1);
      break;
    }
    case v1::Act::kConventionTerminated: {
      const v1::ConventionTerminated& terminated = act.convention_terminated();
      Contracted(terminated.convention_number(), terminated.structure_id(),
                 terminated.amount_after_cents() - terminated.amount_before_cents());
      Terms(terminated.convention_number(), terminated.tranches_before(), -1);
      Terms(terminated.convention_number(), terminated.tranches(), 1);
      break;
    }
    case v1::Act::kServiceCertified:
      OnTranche(act.service_certified().convention_number(), act.service_certified().tranche_id(),
                "certified_cents", act.service_certified().amount_cents());
      break;
    case v1::Act::kPaymentOrdered: {
      const v1::PaymentOrdered& order = act.payment_ordered();
      const Place place = PlaceOf(order);
      Ordered(place, order.amount_cents());
      Unanswered(place, 1);
      Add("payment", place.payment, "amount_cents", order.amount_cents());
      Stands(place, v1::PAYMENT_STATUS_ORDERED, order.date());
      break;
    }
    case v1::Act::kPaymentAccepted: {
      const Place place = PlaceOf(act.payment_accepted().order());
      Unanswered(place, -1);
      Stands(place, v1::PAYMENT_STATUS_ACCEPTED, act.payment_accepted().date());
      break;
    }
    case v1::Act::kPaymentSuspended:
      Stands(PlaceOf(act.payment_suspended().order()), v1::PAYMENT_STATUS_SUSPENDED,
             act.payment_suspended().date());
      break;
    case v1::Act::kPaymentRejected: {
      const Place place = PlaceOf(act.payment_rejected().order());
      Ordered(place, -act.payment_rejected().order().amount_cents());
      Unanswered(place, -1);
      Stands(place, v1::PAYMENT_STATUS_REJECTED, act.payment_rejected().date());
      break;
    }
    case v1::Act::kPaymentReduced: {
      const Place place = PlaceOf(act.payment_reduced().order());
      Ordered(place, -act.payment_reduced().reduction_cents());
      Add("payment", place.payment, "reduced_cents", act.payment_reduced().reduction_cents());
      break;
    }
    case v1::Act::kPaymentSettled: {
      const Place place = PlaceOf(act.payment_settled().order());
      Paid(place, act.payment_settled().order().amount_cents());
      Stands(place, v1::PAYMENT_STATUS_SETTLED, act.payment_settled().date());
      break;
    }
    case v1::Act::kRecoveryOrdered: {
      const v1::RecoveryOrdered& recovery = act.recovery_ordered();
      const Place place = PlaceOf(recovery.order());
      AskedBack(place, recovery.amount_cents());
      Add("payment", place.payment,
          fmt::format("recoveries[{}].amount_cents", recovery.recovery_number()),
          recovery.amount_cents());
      break;
    }
    case v1::Act::kRecoveryReceived: {
      const v1::RecoveryReceived& recovery = act.recovery_received();
      const Place place = PlaceOf(recovery.order());
      Recovered(place, recovery.amount_cents());
      Add("payment", place.payment,
          fmt::format("recoveries[{}].received_cents", recovery.recovery_number()),
          recovery.amount_cents());
      break;
    }
    case v1::Act::kPaymentReimputed:
      Reimputed(act.payment_reimputed());
      break;
    default:  // moves no money
      break;
  }
}

}  // namespace

Balances NaiveBalances(const std::vector<v1::Event>& log, const v1::ReadOptions& options) {
  NaiveSums sums;
  for (const Standing& standing : StandingActs(log, options)) sums.Count(standing);
  return sums.Take();
}

}  // namespace registre::testing
