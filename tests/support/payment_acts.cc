#include "tests/support/payment_acts.h"

#include <fmt/format.h>

#include "tests/support/fake_view.h"
#include "tests/support/test_recorder.h"

namespace registre::testing {
namespace {

constexpr char kHeld[] = R"pb(session_held {
                                session_id: "s1"
                                body: BODY_COMMISSION_PERMANENTE
                                date { year: 2023 month: 1 day: 10 }
                                chair: "Membre 1"
                                members_in_office: 1
                                roster { member: "Membre 1" presence: PRESENCE_PRESENT }
                              })pb";
constexpr char kVoted[] = R"pb(deliberation_voted {
                                 number: "2023-1"
                                 session_id: "s1"
                                 title: "Délibération d'essai"
                                 date { year: 2023 month: 1 day: 10 }
                                 articles { number: "1" kind: ARTICLE_KIND_FINANCING text: "Essai" }
                                 declared { votes_for: 1 }
                                 result: VOTE_RESULT_ADOPTED
                               })pb";
constexpr char kSigned[] = R"pb(convention_signed {
                                  structure_id: "st-a"
                                  object: "Convention d'essai"
                                  signatures { authority_signed_on { year: 2023 month: 1 day: 20 } }
                                  amount_cents: 10000000
                                  tranches {
                                    tranche_id: "1"
                                    ceiling_cents: 10000000
                                    budget_code: "C02-446A05"
                                    draws { deliberation_number: "2023-1" amount_cents: 10000000 }
                                  }
                                })pb";
constexpr int64_t kCeilingCents = 10'000'000;
constexpr int kYear = 2023;

v1::OrderRef RefTo(const std::string& mandat) {
  v1::OrderRef order;
  order.set_fiscal_year(kYear);
  order.set_mandat(mandat);
  return order;
}

}  // namespace

v1::Act HoldTestSession() { return Text<v1::Act>(kHeld); }

std::vector<v1::Act> PaymentFounding(int conventions) {
  const int64_t total = kCeilingCents * conventions;
  std::vector<v1::Act> acts = {OpenTestLedger(), RegisterStructure("st-a"),
                               OpenLine("C02-446A05", total), HoldTestSession()};
  v1::Act vote = Text<v1::Act>(kVoted);
  vote.mutable_deliberation_voted()->mutable_articles(0)->set_amount_cents(total);
  for (int i = 1; i <= conventions; ++i) {
    v1::Allotment* allotment = vote.mutable_deliberation_voted()->add_allotments();
    allotment->set_allotment_id(fmt::format("{}", i));
    allotment->set_article("1");
    allotment->set_label("Attribution d'essai");
    allotment->set_structure_id("st-a");
    allotment->set_amount_cents(kCeilingCents);
    allotment->set_budget_code("C02-446A05");
  }
  acts.push_back(vote);
  for (int i = 1; i <= conventions; ++i) {
    v1::Act act = Text<v1::Act>(kSigned);
    v1::ConventionSigned* convention = act.mutable_convention_signed();
    convention->set_number(fmt::format("2023-{:05}", i));
    convention->mutable_tranches(0)->mutable_draws(0)->set_allotment_id(fmt::format("{}", i));
    acts.push_back(act);
  }
  return acts;
}

v1::Act Order(int convention, const std::string& mandat, int64_t cents) {
  v1::Act act;
  v1::PaymentOrdered* order = act.mutable_payment_ordered();
  order->set_fiscal_year(kYear);
  order->set_mandat(mandat);
  order->mutable_basis()->set_convention_number(fmt::format("2023-{:05}", convention));
  order->mutable_basis()->set_tranche_id("1");
  order->set_budget_code("C02-446A05");
  order->set_kind(v1::PAYMENT_KIND_ADVANCE);
  order->set_amount_cents(cents);
  *order->mutable_date() = On("2023-03-01");
  return act;
}

v1::Act Accept(const std::string& mandat) {
  v1::Act act;
  *act.mutable_payment_accepted()->mutable_order() = RefTo(mandat);
  *act.mutable_payment_accepted()->mutable_date() = On("2023-03-02");
  return act;
}

v1::Act Settle(const std::string& mandat) {
  v1::Act act;
  *act.mutable_payment_settled()->mutable_order() = RefTo(mandat);
  *act.mutable_payment_settled()->mutable_date() = On("2023-03-03");
  return act;
}

}  // namespace registre::testing
