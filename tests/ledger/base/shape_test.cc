#include "ledger/base/shape.h"

#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"
#include "ledger/base/limits.h"
#include "registre/v1/act.pb.h"
#include "tests/support/fake_view.h"
#include "tests/support/test_seed.h"

namespace registre::shape_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Check(const google::protobuf::Message& message,
                               std::vector<Violation>* violations = nullptr) {
  std::vector<Violation> found;
  CheckShape(message, "acts[0]", &found);
  std::vector<std::string> lines;
  for (const Violation& violation : found) {
    lines.push_back(violation.field + " " + violation.reason);
    EXPECT_FALSE(violation.message.empty());
  }
  if (violations != nullptr) *violations = found;
  return lines;
}

v1::Act Payment() {
  return testing::Text<v1::Act>(R"pb(
    payment_ordered {
      fiscal_year: 2023
      mandat: "1024"
      basis { convention_number: "2023-00963" tranche_id: "ag" schedule_line_id: "avance" }
      budget_code: "C02-446A05"
      kind: PAYMENT_KIND_ADVANCE
      amount_cents: 412500
      date { year: 2023 month: 10 day: 2 }
    }
  )pb");
}

v1::Act Voted() {
  return testing::Text<v1::Act>(R"pb(
    deliberation_voted {
      number: "2023-1"
      session_id: "s1"
      title: "Essai"
      date { year: 2023 month: 9 day: 18 }
      articles { number: "1" kind: ARTICLE_KIND_FINANCING text: "Texte" amount_cents: 100 }
      allotments {
        allotment_id: "1"
        article: "1"
        label: "Essai"
        amount_cents: 100
        budget_code: "C1"
        period {
          start { year: 2023 month: 1 day: 1 }
          end { year: 2023 month: 12 day: 31 }
        }
      }
      declared { votes_for: 1 }
      result: VOTE_RESULT_ADOPTED
    }
  )pb");
}

// The ceiling of what it fills is 0.
v1::Act Terminated() {
  return testing::Text<v1::Act>(R"pb(
    convention_terminated {
      convention_number: "2023-00963"
      ground: TERMINATION_GROUND_BREACH
      reason: "Essai"
      date { year: 2023 month: 10 day: 2 }
      tranches { tranche_id: "ag" budget_code: "C1" }
    }
  )pb");
}

TEST(ShapeTest, AcceptsARightAct) {
  EXPECT_THAT(Check(Terminated()), ElementsAre());
  EXPECT_THAT(Check(Payment()), ElementsAre());
  EXPECT_THAT(Check(Voted()), ElementsAre());
}

struct Case {
  const char* name;
  v1::Act act;
  std::function<void(v1::Act*)> change;
  const char* expected;
};

TEST(ShapeTest, FindsEachViolation) {
  const std::vector<Case> kCases = {
      {"required string", Payment(),
       [](v1::Act* act) { act->mutable_payment_ordered()->clear_mandat(); },
       "acts[0].payment_ordered.mandat FIELD_INVALID"},
      {"required message", Payment(),
       [](v1::Act* act) { act->mutable_payment_ordered()->clear_basis(); },
       "acts[0].payment_ordered.basis FIELD_INVALID"},
      {"required enum", Payment(),
       [](v1::Act* act) { act->mutable_payment_ordered()->clear_kind(); },
       "acts[0].payment_ordered.kind FIELD_INVALID"},
      {"required list", Voted(),
       [](v1::Act* act) { act->mutable_deliberation_voted()->clear_articles(); },
       "acts[0].deliberation_voted.articles FIELD_INVALID"},
      {"blank is empty", Voted(),
       [](v1::Act* act) { act->mutable_deliberation_voted()->set_title(" \n\t"); },
       "acts[0].deliberation_voted.title FIELD_INVALID"},
      {"id", Payment(), [](v1::Act* act) { act->mutable_payment_ordered()->set_mandat("10 24"); },
       "acts[0].payment_ordered.mandat FIELD_INVALID"},
      {"optional id", Payment(),
       [](v1::Act* act) { act->mutable_payment_ordered()->set_bordereau("12/3"); },
       "acts[0].payment_ordered.bordereau FIELD_INVALID"},
      {"positive amount", Payment(),
       [](v1::Act* act) { act->mutable_payment_ordered()->set_amount_cents(0); },
       "acts[0].payment_ordered.amount_cents AMOUNT_INVALID"},
      {"negative amount", Payment(),
       [](v1::Act* act) { act->mutable_payment_ordered()->set_amount_cents(-1); },
       "acts[0].payment_ordered.amount_cents AMOUNT_INVALID"},
      {"negative amount in what the ledger fills", Terminated(),
       [](v1::Act* act) {
         act->mutable_convention_terminated()->mutable_tranches(0)->set_ceiling_cents(-1);
       },
       "acts[0].convention_terminated.tranches[0].ceiling_cents AMOUNT_INVALID"},
      {"amount too large", Payment(),
       [](v1::Act* act) { act->mutable_payment_ordered()->set_amount_cents(kMaxCents + 1); },
       "acts[0].payment_ordered.amount_cents AMOUNT_INVALID"},
      {"negative where zero may be", Voted(),
       [](v1::Act* act) {
         act->mutable_deliberation_voted()->mutable_articles(0)->set_amount_cents(-1);
       },
       "acts[0].deliberation_voted.articles[0].amount_cents AMOUNT_INVALID"},
      {"amount in a list", Voted(),
       [](v1::Act* act) {
         act->mutable_deliberation_voted()->mutable_allotments(0)->add_unit_costs_cents(0);
       },
       "acts[0].deliberation_voted.allotments[0].unit_costs_cents[0] AMOUNT_INVALID"},
      {"count", Voted(),
       [](v1::Act* act) {
         act->mutable_deliberation_voted()->mutable_declared()->set_votes_against(-1);
       },
       "acts[0].deliberation_voted.declared.votes_against FIELD_INVALID"},
      {"year", Payment(), [](v1::Act* act) { act->mutable_payment_ordered()->set_fiscal_year(23); },
       "acts[0].payment_ordered.fiscal_year FIELD_INVALID"},
      {"no year", Payment(),
       [](v1::Act* act) { act->mutable_payment_ordered()->set_fiscal_year(0); },
       "acts[0].payment_ordered.fiscal_year FIELD_INVALID"},
      {"30 February", Payment(),
       [](v1::Act* act) {
         act->mutable_payment_ordered()->mutable_date()->set_month(2);
         act->mutable_payment_ordered()->mutable_date()->set_day(30);
       },
       "acts[0].payment_ordered.date PERIOD_INVALID"},
      {"empty date", Payment(),
       [](v1::Act* act) { act->mutable_payment_ordered()->mutable_date()->Clear(); },
       "acts[0].payment_ordered.date PERIOD_INVALID"},
      {"period turned round", Voted(),
       [](v1::Act* act) {
         act->mutable_deliberation_voted()
             ->mutable_allotments(0)
             ->mutable_period()
             ->mutable_end()
             ->set_year(2022);
       },
       "acts[0].deliberation_voted.allotments[0].period PERIOD_INVALID"},
      {"period without end", Voted(),
       [](v1::Act* act) {
         act->mutable_deliberation_voted()->mutable_allotments(0)->mutable_period()->clear_end();
       },
       "acts[0].deliberation_voted.allotments[0].period.end FIELD_INVALID"},
      {"unknown enum value", Payment(),
       [](v1::Act* act) {
         act->mutable_payment_ordered()->set_kind(static_cast<v1::PaymentKind>(99));
       },
       "acts[0].payment_ordered.kind FIELD_INVALID"},
      {"long string", Voted(),
       [](v1::Act* act) { act->mutable_deliberation_voted()->set_title(std::string(513, 'x')); },
       "acts[0].deliberation_voted.title FIELD_INVALID"},
      {"control character", Voted(),
       [](v1::Act* act) { act->mutable_deliberation_voted()->set_title("a\x1B[2J"); },
       "acts[0].deliberation_voted.title FIELD_INVALID"},
      {"NUL", Voted(),
       [](v1::Act* act) { act->mutable_deliberation_voted()->set_title(std::string("a\0b", 3)); },
       "acts[0].deliberation_voted.title FIELD_INVALID"},
      {"C1 control character", Voted(),
       [](v1::Act* act) { act->mutable_deliberation_voted()->set_title("a\xC2\x9B"); },
       "acts[0].deliberation_voted.title FIELD_INVALID"},
      {"no UTF-8", Voted(),
       [](v1::Act* act) { act->mutable_deliberation_voted()->set_title("a\xFF"); },
       "acts[0].deliberation_voted.title FIELD_INVALID"},
      {"short digest", Payment(),
       [](v1::Act* act) {
         act->mutable_source()->set_document("d");
         act->mutable_source()->set_sha256("0123");
       },
       "acts[0].source.sha256 FIELD_INVALID"},
      {"empty item", Payment(), [](v1::Act* act) { act->add_remarks(""); },
       "acts[0].remarks[0] FIELD_INVALID"},
      {"too many items", Payment(),
       [](v1::Act* act) {
         for (int i = 0; i < 21; ++i) act->add_remarks("r");
       },
       "acts[0].remarks FIELD_INVALID"},
      {"assumed field that is none", Payment(),
       [](v1::Act* act) { act->add_assumed_fields("payment_ordered.colour"); },
       "acts[0].assumed_fields[0] FIELD_INVALID"},
      {"assumed field of another act", Payment(),
       [](v1::Act* act) { act->add_assumed_fields("convention_signed.object"); },
       "acts[0].assumed_fields[0] FIELD_INVALID"},
      {"no act", Payment(), [](v1::Act* act) { act->clear_payment_ordered(); },
       "acts[0].act FIELD_INVALID"},
      {"reference without a reference", Voted(),
       [](v1::Act* act) {
         v1::Visa* visa = act->mutable_deliberation_voted()->add_visas();
         visa->set_text("Vu");
         visa->mutable_deliberation();
       },
       "acts[0].deliberation_voted.visas[0].deliberation.ref FIELD_INVALID"},
      {"empty reference", Voted(),
       [](v1::Act* act) {
         v1::Visa* visa = act->mutable_deliberation_voted()->add_visas();
         visa->set_text("Vu");
         visa->mutable_deliberation()->set_number("");
       },
       "acts[0].deliberation_voted.visas[0].deliberation.number FIELD_INVALID"},
  };
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.name);
    v1::Act act = one.act;
    one.change(&act);
    EXPECT_THAT(Check(act), ElementsAre(one.expected));
  }
}

TEST(ShapeTest, FormsHaveTheirReasons) {
  const auto identity = [](const std::string& fields) {
    return testing::Text<v1::Act>("structure_registered { structure_id: 'a' identity { name: 'A' " +
                                  fields + " } }");
  };
  EXPECT_THAT(Check(identity("siret: '34175422400028' rna: 'W621000001'")), ElementsAre());
  EXPECT_THAT(Check(identity("siret: '34175422400029'")),
              ElementsAre("acts[0].structure_registered.identity.siret SIRET_INVALID"));
  EXPECT_THAT(Check(identity("rna: 'W62'")),
              ElementsAre("acts[0].structure_registered.identity.rna RNA_INVALID"));
  EXPECT_THAT(
      Check(testing::Text<v1::Act>("deliberation_transmitted { number: '2023-1' ctes_number: "
                                   "'2023-1' date { year: 2023 month: 1 day: 1 } }")),
      ElementsAre("acts[0].deliberation_transmitted.ctes_number TRANSMISSION_FORM"));
  EXPECT_THAT(Check(testing::Text<v1::Act>(
                  "ledger_opened { authority_name: 'A' authority_siren: '123456789' "
                  "origin: 'o' time_zone: 'Europe/Paris' currency: 'EUR' "
                  "date { year: 2023 month: 1 day: 1 } }")),
              ElementsAre("acts[0].ledger_opened.authority_siren SIRET_INVALID"));
}

TEST(ShapeTest, FieldsThatTheLedgerFillsMayBeEmpty) {
  const auto reduced = testing::Text<v1::Act>(R"pb(
    payment_reduced {
      order { fiscal_year: 2023 mandat: "1" }
      reduction_cents: 1
      date { year: 2023 month: 1 day: 1 }
      reason: "r"
    }
  )pb");
  EXPECT_THAT(Check(reduced), ElementsAre());
}

TEST(ShapeTest, NegativeIsAllowedWhereTheContractSaysSo) {
  const auto tabled = testing::Text<v1::Act>(R"pb(
    report_tabled {
      session_id: "s"
      report_number: "70"
      title: "t"
      budget { code: "C1" available_cents: -1 remaining_cents: -10000000000000 }
      date { year: 2023 month: 1 day: 1 }
    }
  )pb");
  EXPECT_THAT(Check(tabled), ElementsAre());
}

TEST(ShapeTest, FindsUnknownFieldsAtAnyDepth) {
  for (const std::function<google::protobuf::Message*(v1::Act*)>& part :
       std::vector<std::function<google::protobuf::Message*(v1::Act*)>>{
           [](v1::Act* act) { return act; },
           [](v1::Act* act) { return act->mutable_payment_ordered(); },
           [](v1::Act* act) { return act->mutable_payment_ordered()->mutable_basis(); },
           [](v1::Act* act) { return act->mutable_payment_ordered()->mutable_date(); }}) {
    v1::Act act = Payment();
    google::protobuf::Message* message = part(&act);
    message->GetReflection()->MutableUnknownFields(message)->AddVarint(4321, 1);
    std::vector<Violation> violations;
    Check(act, &violations);
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].reason, "UNKNOWN_FIELD");
    EXPECT_THAT(violations[0].message, HasSubstr("4321"));
  }
}

TEST(ShapeTest, ReportsAllAtOnceUpToALimit) {
  v1::Act act = Payment();
  act.mutable_payment_ordered()->clear_mandat();
  act.mutable_payment_ordered()->set_amount_cents(-1);
  EXPECT_THAT(Check(act), ElementsAre("acts[0].payment_ordered.mandat FIELD_INVALID",
                                      "acts[0].payment_ordered.amount_cents AMOUNT_INVALID"));
  v1::Act many = Voted();
  for (int i = 0; i < 500; ++i) many.mutable_deliberation_voted()->add_recusals();
  EXPECT_EQ(Check(many).size(), 100u);
}

TEST(ShapeTest, MessagesShowTheValue) {
  v1::Act act = Payment();
  act.mutable_payment_ordered()->set_amount_cents(kMaxCents + 1);
  std::vector<Violation> violations;
  Check(act, &violations);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_THAT(violations[0].message, HasSubstr("100 000 000 000,01 EUR"));
}

TEST(ShapeTest, AnyThreadMayCheckFirst) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] {
      std::vector<Violation> violations;
      CheckShape(Voted(), "", &violations);
      CheckShape(Payment(), "", &violations);
      EXPECT_TRUE(violations.empty());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Whatever bytes a client sends, what can be parsed is judged, and messages stay valid UTF-8.
TEST(ShapeTest, RandomBytesAreJudged) {
  const google::protobuf::LogSilencer silencer;  // it reports each string that is not UTF-8
  std::mt19937_64 random(TestSeed());
  int parsed = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = (i % 2 == 0 ? Voted() : Payment()).SerializeAsString();
    for (uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    v1::Act act;
    if (!act.ParseFromString(bytes)) continue;
    ++parsed;
    std::vector<Violation> violations;
    CheckShape(act, "act", &violations);
    for (const Violation& violation : violations) {
      ASSERT_TRUE(IsUtf8(violation.message)) << i;
      ASSERT_FALSE(violation.reason.empty()) << i;
    }
  }
  EXPECT_GT(parsed, 500);
}

}  // namespace
}  // namespace registre::shape_test
