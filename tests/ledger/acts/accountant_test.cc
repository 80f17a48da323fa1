// Rules of what becomes of an order.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "registre/v1/money.pb.h"
#include "tests/ledger/acts/contract_world.h"

namespace registre::testing::accountant_test {
namespace {

constexpr auto kNotFound = absl::StatusCode::kNotFound;

// Order 2023-1200 of 24 000,00 given on 2023-10-09.
v1::Payment* AddOrder(ContractWorld* world) {
  v1::Payment& payment =
      world->fake()->AddPayment(2023, "1200", "asso", "L1", 2400000, "2023-10-09");
  payment.set_kind(v1::PAYMENT_KIND_ADVANCE);
  payment.mutable_basis()->set_convention_number("2023-00010");
  payment.mutable_basis()->set_tranche_id("T1");
  return &payment;
}

void Step(v1::PaymentStatus status, const std::string& day, v1::Payment* payment) {
  v1::PaymentStep* step = payment->add_steps();
  step->set_status(status);
  *step->mutable_date() = On(day);
}

template <typename Act>
Act On1200(const std::string& day) {
  Act act;
  act.mutable_order()->set_fiscal_year(2023);
  act.mutable_order()->set_mandat("1200");
  *act.mutable_date() = On(day);
  return act;
}

template <typename Act>
Judged Take(const ContractWorld& world, const std::string& day) {
  Act act = On1200<Act>(day);
  if constexpr (std::is_same_v<Act, v1::PaymentReduced>) act.set_reduction_cents(1);
  return JudgeOn(world.view(), &act);
}

// Every step from every standing.
TEST(AccountantTest, StateMachine) {
  using TakeStep = std::function<Judged(const ContractWorld&, const std::string&)>;
  const std::map<std::string, TakeStep> steps = {
      {"accepted", Take<v1::PaymentAccepted>}, {"suspended", Take<v1::PaymentSuspended>},
      {"rejected", Take<v1::PaymentRejected>}, {"paid", Take<v1::PaymentSettled>},
      {"reduced", Take<v1::PaymentReduced>},
  };
  struct Standing {
    std::string name;
    std::vector<v1::PaymentStatus> path;
    std::vector<std::string> allowed;
  };
  const std::vector<Standing> standings = {
      {"ordered", {}, {"accepted", "reduced", "rejected", "suspended"}},
      {"suspended", {v1::PAYMENT_STATUS_SUSPENDED}, {"accepted", "reduced", "rejected"}},
      {"accepted", {v1::PAYMENT_STATUS_ACCEPTED}, {"paid", "reduced"}},
      {"accepted",
       {v1::PAYMENT_STATUS_SUSPENDED, v1::PAYMENT_STATUS_ACCEPTED},
       {"paid", "reduced"}},
      {"rejected", {v1::PAYMENT_STATUS_REJECTED}, {}},
      {"paid", {v1::PAYMENT_STATUS_ACCEPTED, v1::PAYMENT_STATUS_SETTLED}, {"reduced"}},
  };
  for (const Standing& standing : standings) {
    ContractWorld world;
    v1::Payment* payment = AddOrder(&world);
    for (const v1::PaymentStatus status : standing.path) Step(status, "2023-10-16", payment);
    std::vector<std::string> allowed;
    for (const auto& [name, take] : steps) {
      SCOPED_TRACE(standing.name + " -> " + name);
      const Judged judged = take(world, "2023-10-16");
      if (judged.status.ok()) {
        allowed.push_back(name);
        continue;
      }
      Expect(judged, {"PAYMENT_ORDER", {"mandat 2023-1200 is " + standing.name + " since", name}});
    }
    EXPECT_EQ(allowed, standing.allowed) << standing.name;
  }
}

TEST(AccountantTest, Dates) {
  ContractWorld world;
  v1::Payment* payment = AddOrder(&world);
  Expect(Take<v1::PaymentAccepted>(world, "2023-10-09"), {""});
  Expect(Take<v1::PaymentAccepted>(world, "2023-10-08"),
         {"PERIOD_INVALID", {"ordered since 09/10/2023", "08/10/2023"}});
  Expect(Take<v1::PaymentReduced>(world, "2023-10-08"), {"PERIOD_INVALID", {"08/10/2023"}});
  Step(v1::PAYMENT_STATUS_ACCEPTED, "2023-10-16", payment);
  Expect(Take<v1::PaymentSettled>(world, "2023-10-16"), {""});
  Expect(Take<v1::PaymentSettled>(world, "2023-10-15"),
         {"PERIOD_INVALID", {"accepted since 16/10/2023", "15/10/2023"}});
}

TEST(AccountantTest, NothingIsAnsweredBeforeAReduction) {
  ContractWorld world;
  v1::Payment* payment = AddOrder(&world);
  payment->set_reduced_cents(400000);
  *payment->add_reductions() =
      Text<v1::PaymentReduction>("date { year: 2023 month: 10 day: 20 } amount_cents: 400000");
  Expect(Take<v1::PaymentAccepted>(world, "2023-10-19"),
         {"PERIOD_INVALID", {"reduced by 4 000,00 EUR on 20/10/2023", "accepted", "19/10/2023"}});
  Expect(Take<v1::PaymentSuspended>(world, "2023-10-19"), {"PERIOD_INVALID", {"suspended"}});
  Expect(Take<v1::PaymentRejected>(world, "2023-10-19"), {"PERIOD_INVALID", {"rejected"}});
  Expect(Take<v1::PaymentAccepted>(world, "2023-10-20"), {""});
  Expect(Take<v1::PaymentReduced>(world, "2023-10-19"), {""});  // reductions in any order
  Step(v1::PAYMENT_STATUS_ACCEPTED, "2023-10-16", payment);
  Expect(Take<v1::PaymentSettled>(world, "2023-10-19"), {"PERIOD_INVALID", {"paid"}});
  Expect(Take<v1::PaymentSettled>(world, "2023-10-20"), {""});
}

TEST(AccountantTest, NothingIsPaidOfAnOrderReducedToNothing) {
  ContractWorld world;
  v1::Payment* payment = AddOrder(&world);
  Step(v1::PAYMENT_STATUS_ACCEPTED, "2023-10-16", payment);
  payment->set_reduced_cents(2399999);
  Expect(Take<v1::PaymentSettled>(world, "2023-10-20"), {""});
  payment->set_reduced_cents(2400000);
  Expect(Take<v1::PaymentSettled>(world, "2023-10-20"),
         {"PAYMENT_ORDER", {"mandat 2023-1200", "0,00 EUR"}});
}

// Rule ORDERER_ACCOUNTANT: every answer, by the one who ordered and by others.
TEST(AccountantTest, WhoOrdersNeverAnswers) {
  struct Case {
    std::string name;
    std::function<Judged(const LedgerView& view, const std::string& actor)> take;
    std::vector<v1::PaymentStatus> path;
    bool accountants;  // the accountant's: not for who ordered
  };
  const auto take = [](auto act) {
    return [act](const LedgerView& view, const std::string& actor) mutable {
      return JudgeOn(view, &act, "2023-10-20", actor);
    };
  };
  auto reduced = On1200<v1::PaymentReduced>("2023-10-16");
  reduced.set_reduction_cents(1);
  const std::vector<Case> cases = {
      {"accepted", take(On1200<v1::PaymentAccepted>("2023-10-16")), {}, true},
      {"suspended", take(On1200<v1::PaymentSuspended>("2023-10-16")), {}, true},
      {"rejected", take(On1200<v1::PaymentRejected>("2023-10-16")), {}, true},
      {"paid", take(On1200<v1::PaymentSettled>("2023-10-16")), {v1::PAYMENT_STATUS_ACCEPTED}, true},
      {"reduced", take(reduced), {}, false},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    ContractWorld world;
    v1::Payment* payment = AddOrder(&world);
    payment->set_ordered_by("s-ordonnateur");
    for (const v1::PaymentStatus status : one.path) Step(status, "2023-10-16", payment);
    Expect(one.take(world.view(), "s-comptable"), {""});
    if (one.accountants) {
      Expect(one.take(world.view(), "s-ordonnateur"),
             {"ORDERER_ACCOUNTANT",
              {"mandat 2023-1200 was ordered by s-ordonnateur", one.name, "another subject"}});
    } else {
      Expect(one.take(world.view(), "s-ordonnateur"), {""});
    }
  }
}

TEST(AccountantTest, OrderUnknown) {
  ContractWorld world;
  AddOrder(&world);
  auto act = On1200<v1::PaymentAccepted>("2023-10-16");
  act.mutable_order()->set_fiscal_year(2024);
  Expect(JudgeOn(world.view(), &act), {"REFERENCE_UNKNOWN", {"2024-1200"}, {}, kNotFound});
}

TEST(AccountantTest, FillsTheOrder) {
  ContractWorld world;
  v1::Payment* payment = AddOrder(&world);
  payment->set_reduced_cents(400000);
  auto act = On1200<v1::PaymentRejected>("2023-10-16");
  Expect(JudgeOn(world.view(), &act), {""});
  EXPECT_EQ(act.order().SerializeAsString(), Text<v1::OrderRef>(R"(
      fiscal_year: 2023 mandat: "1200" structure_id: "asso" budget_code: "L1"
      basis { convention_number: "2023-00010" tranche_id: "T1" }
      amount_cents: 2000000 ordered_in_year: 2023 kind: PAYMENT_KIND_ADVANCE)")
                                                 .SerializeAsString());
  Expect(JudgeOn(world.view(), &act), {""});  // filled with the very same values

  const std::map<std::string, std::function<void(v1::OrderRef*)>> wrong = {
      {"order.basis", [](v1::OrderRef* order) { order->mutable_basis()->set_tranche_id("T2"); }},
      {"order.structure_id", [](v1::OrderRef* order) { order->set_structure_id("autre"); }},
      {"order.budget_code", [](v1::OrderRef* order) { order->set_budget_code("L2"); }},
      {"order.amount_cents", [](v1::OrderRef* order) { order->set_amount_cents(2400000); }},
      {"order.ordered_in_year", [](v1::OrderRef* order) { order->set_ordered_in_year(2024); }},
      {"order.kind", [](v1::OrderRef* order) { order->set_kind(v1::PAYMENT_KIND_SINGLE); }},
  };
  for (const auto& [field, change] : wrong) {
    v1::PaymentRejected other = act;
    change(other.mutable_order());
    Expect(JudgeOn(world.view(), &other), {"FILLED_DIFFERS", {field}});
  }
}

TEST(PaymentReducedTest, Amounts) {
  ContractWorld world;
  v1::Payment* payment = AddOrder(&world);
  payment->set_reduced_cents(400000);
  auto act = On1200<v1::PaymentReduced>("2023-10-16");
  act.set_reduction_cents(2000000);
  Expect(JudgeOn(world.view(), &act), {""});
  EXPECT_EQ(act.order().amount_cents(), 2000000);
  act.set_reduction_cents(2000001);
  Expect(JudgeOn(world.view(), &act),
         {"PAYMENT_ORDER", {"20 000,00 EUR", "20 000,01 EUR", "0,01 EUR too much"}});
}

}  // namespace
}  // namespace registre::testing::accountant_test
