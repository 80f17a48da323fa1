// Articles and allotments of a deliberation.
#include "gtest/gtest.h"
#include "ledger/base/limits.h"
#include "tests/ledger/acts/vote_world.h"
#include "tests/support/rule_cases.h"

namespace registre::deliberation_money_test {
namespace {

using testing::Declare;
using testing::FakeView;
using testing::FromTo;
using testing::JudgeOn;
using testing::On;
using testing::RunCases;
using testing::StartVote;
using testing::Text;
using Act = v1::DeliberationVoted;

// The act rejects what it proposes.
void Reject(Act* act) {
  Declare(act, 1, 7, 0, 0);
  act->set_result(v1::VOTE_RESULT_REJECTED);
}

TEST(ArticleTotalTest, Cases) {
  const std::string kTotal = "ARTICLE_TOTAL";
  RunCases<Act>(
      StartVote,
      {
          {"one cent over",
           [](FakeView*, Act* act) { act->mutable_articles(0)->set_amount_cents(50001); },
           kTotal,
           {},
           {"article 1", "500,01 EUR", "500,00 EUR", "0,01 EUR"}},
          {"one cent under",
           [](FakeView*, Act* act) { act->mutable_articles(1)->set_amount_cents(49999); },
           kTotal,
           {},
           {"article 2"}},
          {"a financing article without allotments",
           [](FakeView*, Act* act) {
             *act->add_articles() = Text<v1::Article>(
                 "number: '5' kind: ARTICLE_KIND_FINANCING text: 'T' amount_cents: 1");
           },
           kTotal,
           {},
           {"article 5"}},
          {"an article that only authorises gives an amount",
           [](FakeView*, Act* act) { act->mutable_articles(2)->set_amount_cents(1); },
           kTotal,
           {},
           {"article 3", "0,01 EUR"}},
          {"an imputation article gives an amount",
           [](FakeView*, Act* act) { act->mutable_articles(3)->set_amount_cents(100000); },
           kTotal,
           {},
           {"article 4", "1 000,00 EUR"}},
          {"an allotment of no article",
           [](FakeView*, Act* act) { act->mutable_allotments(2)->set_article("9"); },
           kTotal,
           {},
           {"allotment 2.1", "article 9"}},
          {"an allotment of an article that finances nothing",
           [](FakeView*, Act* act) { act->mutable_allotments(2)->set_article("3"); },
           kTotal,
           {},
           {"article 3"}},
          {"imputed one cent more",
           [](FakeView*, Act* act) {
             act->mutable_articles(3)->mutable_imputations(0)->set_expense_cents(50001);
           },
           kTotal,
           {},
           {"line c", "500,01 EUR", "500,00 EUR"}},
          {"a line with allotments is not imputed",
           [](FakeView*, Act* act) {
             act->mutable_articles(3)->mutable_imputations()->RemoveLast();
           },
           kTotal,
           {},
           {"line d", "0,00 EUR"}},
          {"a line without allotments is imputed",
           [](FakeView*, Act* act) {
             *act->mutable_articles(3)->add_imputations() =
                 Text<v1::Imputation>("code: 'e' expense_cents: 1");
           },
           kTotal,
           {},
           {"line e"}},
          {"a line imputed in two parts",
           [](FakeView*, Act* act) {
             act->mutable_articles(3)->mutable_imputations(0)->set_expense_cents(20000);
             *act->add_articles() = Text<v1::Article>(
                 "number: '5' kind: ARTICLE_KIND_IMPUTATION text: 'T' "
                 "imputations { code: 'c' expense_cents: 30000 }");
           },
           "",
           {},
           {}},
          {"no imputation article",
           [](FakeView*, Act* act) { act->mutable_articles()->RemoveLast(); },
           "",
           {},
           {}},
          {"an authorisation that points to no allotment",
           [](FakeView*, Act* act) { act->mutable_articles(2)->add_allotment_ids("9"); },
           kTotal,
           {},
           {"article 3", "allotment 9"}},
          {"ALLOTMENT_TWICE, one an article",
           [](FakeView*, Act* act) {
             act->mutable_articles(2)->add_allotment_ids("1.1");
             act->mutable_articles(2)->add_allotment_ids("2.1");
             *act->add_articles() = Text<v1::Article>(
                 "number: '5' kind: ARTICLE_KIND_AUTHORISATION text: 'T' allotment_ids: '1.2'");
           },
           "",
           {"ALLOTMENT_TWICE information 3", "ALLOTMENT_TWICE information 5"},
           {"800,00 €", "1.1, 2.1"}},
          {"an article twice",
           [](FakeView*, Act* act) { act->mutable_articles(2)->set_number("1"); },
           "DUPLICATE_ID",
           {},
           {"article 1"}},
          {"an allotment twice",
           [](FakeView*, Act* act) { act->mutable_allotments(2)->set_allotment_id("1.1"); },
           "DUPLICATE_ID",
           {},
           {"allotment 1.1"}},
          {"a sum that leaves the range",
           [](FakeView*, Act* act) {
             act->mutable_allotments(0)->set_amount_cents(kMaxCents);
             act->mutable_articles(0)->set_amount_cents(kMaxCents);
           },
           "AMOUNT_INVALID",
           {},
           {"100 000 000 000,00 EUR"}},
          {"what is rejected must add up too",
           [](FakeView*, Act* act) {
             Reject(act);
             act->mutable_articles(0)->set_amount_cents(50001);
           },
           kTotal,
           {},
           {}},
      });
}

TEST(AllotmentTest, Cases) {
  const auto with_application = [](v1::Advice advice) {
    return [=](FakeView* view, Act* act) {
      view->AddApplication("a", "k", "s", 30000).mutable_instruction()->set_advice(advice);
      act->mutable_allotments(0)->set_application_number("a");
    };
  };
  RunCases<Act>(
      StartVote,
      {
          {"all that is available",
           [](FakeView* view, Act*) { view->AddBudgetLine("c", 50000); },
           "",
           {},
           {}},
          {"BUDGET_EXCEEDED, one cent",
           [](FakeView* view, Act*) { view->AddBudgetLine("c", 50000, 1); },
           "BUDGET_EXCEEDED",
           {},
           {"line c", "500,00 EUR", "499,99 EUR", "0,01 EUR"}},
          {"BUDGET_EXCEEDED on the other line",
           [](FakeView* view, Act*) { view->AddBudgetLine("d", 49999); },
           "BUDGET_EXCEEDED",
           {},
           {"line d"}},
          {"what is rejected takes nothing",
           [](FakeView* view, Act* act) {
             view->AddBudgetLine("c", 1);
             Reject(act);
           },
           "",
           {},
           {}},
          {"REFERENCE_UNKNOWN, line",
           [](FakeView*, Act* act) {
             act->mutable_articles()->RemoveLast();
             act->mutable_allotments(0)->set_budget_code("e");
           },
           "REFERENCE_UNKNOWN",
           {},
           {"budget line e"}},
          {"REFERENCE_UNKNOWN, structure",
           [](FakeView*, Act* act) { act->mutable_allotments(0)->set_structure_id("u"); },
           "REFERENCE_UNKNOWN",
           {},
           {"structure u"}},
          {"REFERENCE_UNKNOWN, named structure",
           [](FakeView*, Act* act) { act->mutable_allotments(1)->set_named_structure_ids(1, "u"); },
           "REFERENCE_UNKNOWN",
           {},
           {"structure u"}},
          {"NAME_DIFFERS",
           [](FakeView*, Act* act) {
             act->mutable_allotments(0)->set_structure_name_as_written("STRUCTURE D’ESSAI");
             act->mutable_allotments(2)->set_structure_name_as_written("Structure d'essai");
           },
           "",
           {"NAME_DIFFERS information t"},
           {"Structure d'essai", "Autre structure d'essai"}},
          {"CALL_UNKNOWN_OPERATION, thematic",
           [](FakeView*, Act* act) { act->mutable_allotments(0)->set_thematic("9"); },
           "CALL_UNKNOWN_OPERATION",
           {},
           {"thematic 9"}},
          {"CALL_UNKNOWN_OPERATION, operation",
           [](FakeView*, Act* act) { act->mutable_allotments(0)->set_operation("9"); },
           "CALL_UNKNOWN_OPERATION",
           {},
           {"operation 9"}},
          {"CALL_UNKNOWN_OPERATION, no thematic",
           [](FakeView*, Act* act) { act->mutable_allotments(0)->clear_thematic(); },
           "CALL_UNKNOWN_OPERATION",
           {},
           {"operation 1"}},
          {"CALL_UNKNOWN_OPERATION, an article's",
           [](FakeView*, Act* act) { act->mutable_articles(0)->set_thematic("9"); },
           "CALL_UNKNOWN_OPERATION",
           {},
           {"thematic 9"}},
          {"without a call any thematic is right",
           [](FakeView*, Act* act) {
             act->clear_call_id();
             act->mutable_articles(0)->set_thematic("9");
             act->mutable_allotments(0)->set_thematic("9");
             act->mutable_allotments(1)->set_thematic("9");
           },
           "",
           {},
           {}},
          {"an allotment of another thematic than its article's",
           [](FakeView*, Act* act) { act->mutable_allotments(2)->set_thematic("1"); },
           "CALL_UNKNOWN_OPERATION",
           {},
           {"allotment 2.1", "thematic 1", "finances thematic 2"}},
          {"an allotment that names no thematic",
           [](FakeView*, Act* act) { act->mutable_allotments(2)->clear_thematic(); },
           "",
           {},
           {}},
          {"a line in effect from the day of the vote",
           [](FakeView* view, Act*) {
             *view->AddBudgetLine("c", 150000).mutable_opened_on() = On("2023-09-18");
           },
           "",
           {},
           {}},
          {"a line in effect from the day after",
           [](FakeView* view, Act*) {
             *view->AddBudgetLine("c", 150000).mutable_opened_on() = On("2023-09-19");
           },
           "BUDGET_EXCEEDED",
           {},
           {"line c", "18/09/2023", "19/09/2023"}},
          {"an application", with_application(v1::ADVICE_FAVOURABLE), "", {}, {}},
          {"UNFAVOURABLE_FUNDED",
           with_application(v1::ADVICE_UNFAVOURABLE),
           "",
           {"UNFAVOURABLE_FUNDED attention 1.1"},
           {"300,00 €"}},
          {"an unfavourable advice that is followed",
           [=](FakeView* view, Act* act) {
             with_application(v1::ADVICE_UNFAVOURABLE)(view, act);
             Reject(act);
           },
           "",
           {},
           {}},
          {"REFERENCE_UNKNOWN, application",
           [](FakeView*, Act* act) { act->mutable_allotments(0)->set_application_number("b"); },
           "REFERENCE_UNKNOWN",
           {},
           {"application b"}},
          {"APPLICATION_STATE, withdrawn",
           [=](FakeView* view, Act* act) {
             with_application(v1::ADVICE_FAVOURABLE)(view, act);
             *view->AddApplication("a", "k", "s", 1).mutable_withdrawn_on() = On("2023-08-01");
           },
           "APPLICATION_STATE",
           {},
           {"withdrawn", "01/08/2023"}},
          {"APPLICATION_STATE, for another operation",
           [=](FakeView* view, Act* act) {
             with_application(v1::ADVICE_FAVOURABLE)(view, act);
             view->AddApplication("a", "k", "s", 1).set_operation("2");
           },
           "APPLICATION_STATE",
           {},
           {"operation 1", "application a for operation 2"}},
          {"APPLICATION_STATE, for another thematic",
           [=](FakeView* view, Act* act) {
             with_application(v1::ADVICE_FAVOURABLE)(view, act);
             view->AddApplication("a", "k", "s", 1).set_thematic("2");
           },
           "APPLICATION_STATE",
           {},
           {"thematic 1", "thematic 2"}},
          {"APPLICATION_STATE, of another call",
           [=](FakeView* view, Act* act) {
             with_application(v1::ADVICE_FAVOURABLE)(view, act);
             view->AddApplication("a", "l", "s", 1);
           },
           "APPLICATION_STATE",
           {},
           {"call k", "call l"}},
          {"APPLICATION_STATE, of a call that the deliberation does not name",
           [=](FakeView* view, Act* act) {
             with_application(v1::ADVICE_FAVOURABLE)(view, act);
             act->clear_call_id();
           },
           "APPLICATION_STATE",
           {},
           {"call none", "call k"}},
          {"APPLICATION_STATE, of another structure",
           [=](FakeView* view, Act* act) {
             with_application(v1::ADVICE_FAVOURABLE)(view, act);
             view->AddApplication("a", "k", "t", 1);
           },
           "APPLICATION_STATE",
           {},
           {"allotment 1.1"}},
      });
}

TEST(PeriodTest, Cases) {
  const auto period = [](const char* start, const char* end) {
    return [=](FakeView*, Act* act) {
      *act->mutable_allotments(0)->mutable_period() = FromTo(start, end);
    };
  };
  RunCases<Act>(StartVote, {
                               {"from the vote on", period("2023-09-18", "2023-12-31"), "", {}, {}},
                               {"PERIOD_BEFORE_VOTE",
                                period("2023-09-17", "2023-09-18"),
                                "",
                                {"PERIOD_BEFORE_VOTE information 1.1"},
                                {"17/09/2023", "18/09/2023"}},
                               {"PERIOD_ENDED_BEFORE_VOTE",
                                period("2022-01-01", "2023-09-17"),
                                "",
                                {"PERIOD_ENDED_BEFORE_VOTE attention 1.1"},
                                {"01/01/2022", "17/09/2023"}},
                               {"what is rejected has no period",
                                [=](FakeView* view, Act* act) {
                                  period("2022-01-01", "2022-06-30")(view, act);
                                  Reject(act);
                                },
                                "",
                                {},
                                {}},
                           });
}

TEST(UnitCostTest, Cases) {
  const auto costs = [](int places, std::vector<int64_t> cents) {
    return [=](FakeView*, Act* act) {
      act->mutable_allotments(0)->set_places(places);
      for (const int64_t cost : cents) act->mutable_allotments(0)->add_unit_costs_cents(cost);
    };
  };
  const std::vector<std::string> kFlag = {"UNIT_COST attention 1.1"};
  RunCases<Act>(
      StartVote,
      {
          {"3 places at 100 EUR", costs(3, {10000}), "", {}, {}},
          {"4 places at 100 EUR",
           costs(4, {10000}),
           "",
           kFlag,
           {"4 places", "100,00 €", "300,00 €"}},
          {"places without a cost", costs(7, {}), "", {}, {}},
          {"a product that no amount can be", costs(2147483647, {kMaxCents}), "", kFlag, {}},
          {"places not said, a whole number of them", costs(0, {10000}), "", {}, {}},
          {"places not said, no whole number of them",
           costs(0, {7000}),
           "",
           kFlag,
           {"aucun nombre entier"}},
          {"two costs, places not said", costs(0, {12000, 18000}), "", {}, {}},
          {"two costs, no whole number of places", costs(0, {14000, 21000}), "", kFlag, {}},
          {"two costs, 3 places", costs(3, {5000, 12500}), "", {}, {}},
          {"two costs, 3 places, never",
           costs(3, {5000, 13000}),
           "",
           kFlag,
           {"50,00 € ou 130,00 €"}},
          {"two costs, too many places", costs(8, {5000, 12500}), "", kFlag, {}},
      });
}

// The travel costs of 2023-405: 25 472,50 EUR at 10 and 15 EUR; Accompagnement Global: 6 875 EUR at
// 250 EUR.
TEST(UnitCostTest, OfTheRealDeliberation) {
  struct Case {
    int64_t amount;
    std::vector<int64_t> costs;
  };
  for (const Case& one : {Case{2547250, {1000, 1500}}, Case{687500, {25000}}}) {
    FakeView view;
    Act act;
    StartVote(&view, &act);
    view.AddBudgetLine("c", 10000000);
    v1::Allotment& allotment = *act.mutable_allotments(0);
    allotment.set_amount_cents(one.amount);
    for (const int64_t cost : one.costs) allotment.add_unit_costs_cents(cost);
    act.mutable_articles(0)->set_amount_cents(one.amount + 20000);
    act.mutable_articles(3)->mutable_imputations(0)->set_expense_cents(one.amount + 20000);
    const testing::Judged judged = JudgeOn(view, &act);
    EXPECT_TRUE(judged.status.ok()) << judged.status;
    EXPECT_EQ(judged.flags, std::vector<std::string>{"UNIT_COST attention 1.1"});
  }
}

}  // namespace
}  // namespace registre::deliberation_money_test
