#include "ledger/acts/checks.h"

#include "gtest/gtest.h"
#include "ledger/base/limits.h"
#include "tests/support/fake_view.h"
#include "tests/support/rule_cases.h"

namespace registre::checks_test {
namespace {

using testing::FakeView;
using testing::MakeJudged;
using testing::Text;

TEST(ChecksTest, FoldName) {
  struct Case {
    const char* a;
    const char* b;
    bool same;
  };
  const Case kCases[] = {
      {"Le Cheval Bleu", "Cheval bleu", true},
      {"Habitat Insertion", "Habitat et Insertion", true},
      {"Habitat & Insertion", "HABITAT ET INSERTION", true},
      {"Accueil 9 de Cœur", "Accueil 9 de Coeur", true},
      {"Eurasanté", "EURASANTE", true},
      {"Eurasante\xCC\x81", "Eurasanté", true},  // decomposed
      {"L'Atelier", "L’Atelier", true},
      {"L'Atelier", "Atelier", true},
      {"Passeport-Forma", "Passeport  Forma", true},
      {"ID\xC2\xA0"
       "formation",
       "ID formation", true},
      {"Référents", "Référent", false},
      {"La Vie Active", "La Vie Activée", false},
      {"SIAO 62", "SIAO 59", false},
      {"Lettre", "Tre", false},
      {"Etablissement", "Tablissement", false},
  };
  for (const Case& one : kCases) {
    EXPECT_EQ(FoldName(one.a) == FoldName(one.b), one.same)
        << one.a << " -> '" << FoldName(one.a) << "', " << one.b << " -> '" << FoldName(one.b)
        << "'";
  }
}

TEST(ChecksTest, NumberForm) {
  EXPECT_TRUE(CheckNumberForm("deliberation", "AAAA-n", "2023-405").ok());
  EXPECT_TRUE(CheckNumberForm("deliberation", "", "any").ok());
  const absl::Status status = CheckNumberForm("deliberation", "AAAA-n", "405");
  EXPECT_EQ(ReasonOf(status), "NUMBER_FORM");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("AAAA-n"), std::string::npos);
}

TEST(ChecksTest, UniqueAndAmounts) {
  EXPECT_TRUE(CheckUnique("article", {"1", "2"}).ok());
  EXPECT_EQ(ReasonOf(CheckUnique("article", {"1", "2", "1"})), "DUPLICATE_ID");
  int64_t sum = 1;
  EXPECT_TRUE(AddAmount("sum", kMaxCents - 1, &sum).ok());
  EXPECT_EQ(ReasonOf(AddAmount("sum", 1, &sum)), "AMOUNT_INVALID");
  EXPECT_EQ(sum, kMaxCents);
}

TEST(ChecksTest, ReferencesThatAreNotHeldAreUnknown) {
  FakeView view;
  std::vector<v1::Flag> flags;
  const RuleContext context{view, 0, "clerk", &flags};
  EXPECT_EQ(ReasonOf(FindStructure(context, "x").status()), "REFERENCE_UNKNOWN");
  EXPECT_EQ(ReasonOf(FindBudgetLine(context, "x").status()), "REFERENCE_UNKNOWN");
  EXPECT_EQ(ReasonOf(FindCall(context, "x").status()), "REFERENCE_UNKNOWN");
  EXPECT_EQ(ReasonOf(FindApplication(context, "x").status()), "REFERENCE_UNKNOWN");
  EXPECT_EQ(ReasonOf(FindSession(context, "x").status()), "REFERENCE_UNKNOWN");
  EXPECT_EQ(ReasonOf(FindDeliberation(context, "x").status()), "REFERENCE_UNKNOWN");
  EXPECT_EQ(ReasonOf(FindConvention(context, "x").status()), "REFERENCE_UNKNOWN");
  EXPECT_EQ(ReasonOf(Resolve(context, Text<v1::DeliberationRef>("number: 'x'")).status()),
            "REFERENCE_UNKNOWN");
}

TEST(ChecksTest, ResolvesBothKindsOfReference) {
  FakeView view;
  view.OpenLedger();
  view.AddDeliberation("2023-1", v1::BODY_COMMISSION_PERMANENTE, "2023-05-15")
      .set_result(v1::VOTE_RESULT_REJECTED);
  std::vector<v1::Flag> flags;
  const RuleContext context{view, 0, "clerk", &flags};
  const auto held = Resolve(context, Text<v1::DeliberationRef>("number: '2023-1'"));
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(held->body, v1::BODY_COMMISSION_PERMANENTE);
  EXPECT_EQ(FormatIsoDate(held->date), "2023-05-15");
  EXPECT_FALSE(held->adopted());
  const auto before = Resolve(
      context, Text<v1::DeliberationRef>("before_opening { number: '2021-257' date { year: 2021 "
                                         "month: 7 day: 1 } body: BODY_CONSEIL_DEPARTEMENTAL }"));
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(before->number, "2021-257");
  EXPECT_TRUE(before->adopted());
  EXPECT_EQ(before->held, nullptr);
}

TEST(ChecksTest, BeforeTheOpeningIsWhatTheLedgerDoesNotHold) {
  FakeView view;
  view.OpenLedger();
  view.AddDeliberation("2022-1", v1::BODY_CONSEIL_DEPARTEMENTAL, "2023-05-15");
  std::vector<v1::Flag> flags;
  const RuleContext context{view, 0, "clerk", &flags};
  const auto reason = [&](const std::string& number, const std::string& date) {
    v1::DeliberationRef ref;
    ref.mutable_before_opening()->set_number(number);
    *ref.mutable_before_opening()->mutable_date() = testing::On(date);
    return ReasonOf(Resolve(context, ref).status());
  };
  EXPECT_EQ(reason("2022-2", "2022-12-31"), "");
  EXPECT_EQ(reason("2022-2", "2023-01-01"), "REFERENCE_UNKNOWN");
  EXPECT_EQ(reason("2022-1", "2022-12-31"), "REFERENCE_UNKNOWN");
}

TEST(ChecksTest, FoldPerson) {
  EXPECT_EQ(FoldPerson("M. Jean LÉON"), FoldPerson(" M. JEAN  LEON"));
  EXPECT_NE(FoldPerson("M. Jean LÉON"), FoldPerson("M. Jean LE LÉON"));
  EXPECT_NE(FoldPerson("M. Jean LÉON"), FoldPerson("Mme Jean LÉON"));
}

TEST(ChecksTest, FillTakesNothingOrTheSame) {
  v1::ApplicationWithdrawn act;
  const auto fill = [&] {
    return Fill("structure_id", act.structure_id(), std::string("s"),
                [&](const std::string& id) { act.set_structure_id(id); });
  };
  EXPECT_TRUE(fill().ok());
  EXPECT_EQ(act.structure_id(), "s");
  EXPECT_TRUE(fill().ok());
  act.set_structure_id("t");
  const absl::Status status = fill();
  EXPECT_EQ(ReasonOf(status), "FILLED_DIFFERS");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("'s'"), std::string::npos);
  EXPECT_NE(status.message().find("'t'"), std::string::npos);
}

TEST(ChecksTest, FillShowsAmountsInEuros) {
  v1::BudgetLineAdjusted act;
  const absl::Status status = Fill("authorised_before_cents", int64_t{100}, int64_t{200050},
                                   [&](int64_t cents) { act.set_authorised_before_cents(cents); });
  EXPECT_EQ(ReasonOf(status), "FILLED_DIFFERS");
  EXPECT_NE(status.message().find("2 000,50 EUR"), std::string::npos);
  EXPECT_NE(status.message().find("1,00 EUR"), std::string::npos);
}

TEST(ChecksTest, FillMessageAndList) {
  v1::StructureUpdated act;
  const auto held = Text<v1::StructureIdentity>("name: 'A'");
  const auto fill = [&](const v1::StructureIdentity& value) {
    return FillMessage("before", act.before(), value, [&] { return act.mutable_before(); });
  };
  EXPECT_TRUE(fill(v1::StructureIdentity()).ok());
  EXPECT_FALSE(act.has_before());
  EXPECT_TRUE(fill(held).ok());
  EXPECT_EQ(act.before().name(), "A");
  EXPECT_TRUE(fill(held).ok());
  act.mutable_before()->set_name("B");
  EXPECT_EQ(ReasonOf(fill(held)), "FILLED_DIFFERS");
  EXPECT_EQ(ReasonOf(fill(v1::StructureIdentity())), "FILLED_DIFFERS");

  v1::AvenantSigned avenant;
  v1::AvenantSigned other;
  other.add_tranches_before()->set_tranche_id("1");
  EXPECT_TRUE(
      FillList("tranches_before", avenant.mutable_tranches_before(), other.tranches_before()).ok());
  ASSERT_EQ(avenant.tranches_before_size(), 1);
  EXPECT_TRUE(
      FillList("tranches_before", avenant.mutable_tranches_before(), other.tranches_before()).ok());
  avenant.mutable_tranches_before(0)->set_tranche_id("2");
  EXPECT_EQ(ReasonOf(FillList("tranches_before", avenant.mutable_tranches_before(),
                              other.tranches_before())),
            "FILLED_DIFFERS");
}

TEST(ChecksTest, NameDiffers) {
  FakeView view;
  const v1::Structure& structure = view.AddStructure("s", "Habitat et Insertion");
  std::vector<v1::Flag> flags;
  const RuleContext context{view, 0, "clerk", &flags};
  FlagNameDiffers(context, structure, "");
  FlagNameDiffers(context, structure, "Habitat Insertion");
  EXPECT_TRUE(flags.empty());
  FlagNameDiffers(context, structure, "Habitat Insertion Artois");
  EXPECT_EQ(MakeJudged(absl::OkStatus(), flags).flags,
            std::vector<std::string>{"NAME_DIFFERS information s"});
}

}  // namespace
}  // namespace registre::checks_test
