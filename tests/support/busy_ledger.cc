#include "tests/support/busy_ledger.h"

#include <fmt/format.h>

#include <random>
#include <utility>

#include "ledger/base/date.h"
#include "tests/support/fake_view.h"
#include "tests/support/payment_acts.h"
#include "tests/support/test_recorder.h"

namespace registre::testing {
namespace {

constexpr char kVote[] = R"pb(deliberation_voted {
                                number: "2023-1"
                                session_id: "s1"
                                title: "Délibération d'essai"
                                date { year: 2023 month: 1 day: 10 }
                                articles {
                                  number: "1"
                                  kind: ARTICLE_KIND_FINANCING
                                  text: "Essai"
                                  amount_cents: 50000000
                                }
                                allotments {
                                  allotment_id: "1"
                                  article: "1"
                                  label: "Attribution d'essai"
                                  structure_id: "st-a"
                                  amount_cents: 50000000
                                  budget_code: "C02-446A05"
                                }
                                declared { votes_for: 1 }
                                result: VOTE_RESULT_ADOPTED
                              })pb";
constexpr char kConvention[] =
    R"pb(convention_signed {
           number: "2023-00001"
           structure_id: "st-a"
           object: "Convention d'essai"
           signatures { authority_signed_on { year: 2023 month: 1 day: 20 } }
           amount_cents: 50000000
           tranches {
             tranche_id: "1"
             ceiling_cents: 50000000
             budget_code: "C02-446A05"
             draws { deliberation_number: "2023-1" allotment_id: "1" amount_cents: 50000000 }
           }
         })pb";

}  // namespace

std::vector<std::vector<v1::Act>> BusyLedger(uint64_t seed, int orders) {
  std::mt19937_64 rng(seed);
  std::vector<std::vector<v1::Act>> units = {
      {OpenTestLedger(), RegisterStructure("st-a"), OpenLine("C02-446A05", 100'000'000),
       HoldTestSession(), Text<v1::Act>(kVote), Text<v1::Act>(kConvention)}};
  const Days first = ToDays(On("2023-02-01"));
  // A unit of the clerk's orders and one of the accountant's answers are open at once; orders go
  // before what answers them.
  std::vector<v1::Act> ordering;
  std::vector<v1::Act> answering;
  const auto close = [&](std::vector<v1::Act>* unit) {
    if (!unit->empty()) units.push_back(std::exchange(*unit, {}));
  };
  const auto add = [&](std::vector<v1::Act>* unit, v1::Act act) {
    unit->push_back(std::move(act));
    if (rng() % 3 != 0 && unit->size() < 4) return;
    close(&ordering);
    if (unit == &answering) close(&answering);
  };
  for (int i = 0; i < orders; ++i) {
    // Mostly in step with the recording, sometimes weeks or months apart, as late entries are.
    const Days step = first + i * 300 / orders;
    const Days day =
        std::max<Days>(first, step - static_cast<Days>(rng() % (rng() % 10 == 0 ? 200 : 5)));
    v1::Act order;
    v1::PaymentOrdered* ordered = order.mutable_payment_ordered();
    ordered->set_fiscal_year(2023);
    ordered->set_mandat(fmt::format("{}", i));
    ordered->mutable_basis()->set_convention_number("2023-00001");
    ordered->mutable_basis()->set_tranche_id("1");
    ordered->set_budget_code("C02-446A05");
    ordered->set_kind(v1::PAYMENT_KIND_ADVANCE);
    ordered->set_amount_cents(static_cast<int64_t>(1 + rng() % 1'000));
    *ordered->mutable_date() = FromDays(day);
    add(&ordering, order);
    v1::OrderRef reference;
    reference.set_fiscal_year(2023);
    reference.set_mandat(fmt::format("{}", i));
    v1::Act answer;
    if (rng() % 4 == 0) {
      *answer.mutable_payment_rejected()->mutable_order() = reference;
      *answer.mutable_payment_rejected()->mutable_date() =
          FromDays(day + static_cast<Days>(rng() % 30));
      answer.mutable_payment_rejected()->set_reason("essai");
    } else {
      *answer.mutable_payment_accepted()->mutable_order() = reference;
      *answer.mutable_payment_accepted()->mutable_date() =
          FromDays(day + static_cast<Days>(rng() % 30));
    }
    add(&answering, answer);
  }
  close(&ordering);
  close(&answering);
  return units;
}

}  // namespace registre::testing
