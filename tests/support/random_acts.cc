#include "tests/support/random_acts.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/acts/act.h"

namespace registre::testing {
namespace {

// Acts before the opening is closed.
constexpr uint64_t kOpeningActs = 24;

// The digit that completes a number by Luhn's rule.
char LuhnDigit(const std::string& digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    int digit = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 0) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

// Path of the date of an act.
std::string DatePath(const v1::Act& act) {
  const bool contract = act.has_convention_signed() || act.has_avenant_signed() ||
                        act.has_opening_convention_recorded();
  return fmt::format("{}.{}", ActType(act), contract ? "signatures.authority_signed_on" : "date");
}

}  // namespace

RandomActs::RandomActs(uint64_t seed, const LedgerView& view)
    : view_(view), rng_(seed), today_([] {
        v1::Date start;
        start.set_year(2024);
        start.set_month(1);
        start.set_day(15);
        return ToDays(start);
      }()) {}

int64_t RandomActs::Amount(int64_t most) {
  return most <= 1 ? 1 : 1 + static_cast<int64_t>(Below(static_cast<uint64_t>(most)));
}

v1::Act RandomActs::MakeFrom(const std::vector<Choice>& choices) {
  int total = 0;
  for (const Choice& choice : choices) total += choice.weight;
  for (;;) {
    int at = static_cast<int>(Below(static_cast<uint64_t>(total)));
    for (const Choice& choice : choices) {
      at -= choice.weight;
      if (at >= 0) continue;
      v1::Act act;
      if ((this->*choice.make)(&act)) return act;
      break;
    }
  }
}

v1::Act RandomActs::Next() {
  static const auto* const opening = new std::vector<Choice>{
      {3, &RandomActs::RegisterStructure},       {3, &RandomActs::OpenBudgetLine},
      {4, &RandomActs::RecordOpeningCommitment}, {4, &RandomActs::RecordOpeningConvention},
      {4, &RandomActs::RecordOpeningPayment},    {1, &RandomActs::UpdateStructure},
  };
  static const auto* const running = new std::vector<Choice>{
      {4, &RandomActs::RegisterStructure},    {3, &RandomActs::UpdateStructure},
      {1, &RandomActs::OpenBudgetLine},       {2, &RandomActs::AdjustBudgetLine},
      {2, &RandomActs::VoteCredits},          {1, &RandomActs::OpenCall},
      {8, &RandomActs::SubmitApplication},    {1, &RandomActs::WithdrawApplication},
      {6, &RandomActs::InstructApplication},  {3, &RandomActs::HoldSession},
      {4, &RandomActs::TableReport},          {4, &RandomActs::GiveOpinion},
      {8, &RandomActs::VoteDeliberation},     {5, &RandomActs::TransmitDeliberation},
      {5, &RandomActs::PublishDeliberation},  {10, &RandomActs::SignConvention},
      {6, &RandomActs::SignAvenant},          {5, &RandomActs::ReceiveReport},
      {4, &RandomActs::AcceptReport},         {1, &RandomActs::CloseConvention},
      {8, &RandomActs::CertifyService},       {16, &RandomActs::OrderOnTranche},
      {4, &RandomActs::OrderOnAllotment},     {10, &RandomActs::AcceptPayment},
      {2, &RandomActs::SuspendPayment},       {3, &RandomActs::RejectPayment},
      {8, &RandomActs::SettlePayment},        {3, &RandomActs::ReducePayment},
      {2, &RandomActs::ReleaseCommitment},    {2, &RandomActs::AmendDeliberation},
      {1, &RandomActs::WithdrawDeliberation}, {1, &RandomActs::AnnulDeliberation},
      {2, &RandomActs::ReduceAllotment},      {1, &RandomActs::TerminateConvention},
      {1, &RandomActs::MergeStructures},      {6, &RandomActs::OrderRecovery},
      {6, &RandomActs::ReceiveRecovery},      {4, &RandomActs::ReimputePayment},
      {1, &RandomActs::CloseFiscalYear},
  };
  today_ += static_cast<Days>(Below(3));
  v1::Act act;
  if (given_ == 0) {
    OpenLedger(&act);
  } else if (given_ < kOpeningActs) {
    act = MakeFrom(*opening);
  } else if (given_ == kOpeningActs) {
    *act.mutable_opening_closed()->mutable_date() = Today();
  } else {
    act = MakeFrom(*running);
  }
  ++given_;
  if (Chance(20)) act.add_assumed_fields(DatePath(act));
  if (act.has_payment_ordered() && Chance(20)) {
    act.add_assumed_fields("payment_ordered.bordereau");
  }
  return act;
}

// No SIREN in use starts so: these are test data.
std::string RandomActs::Siren() {
  const std::string digits = fmt::format("000{:05}", 1 + Below(99'999));
  return digits + LuhnDigit(digits);
}

std::string RandomActs::Siret(const std::string& siren) {
  const std::string digits = siren + fmt::format("{:04}", Below(10'000));
  return digits + LuhnDigit(digits);
}

// A deliberation of the conseil: one before the ledger, or one that it holds.
v1::DeliberationRef RandomActs::Conseil() {
  v1::DeliberationRef ref;
  if (!deliberations_.empty() && Chance(50)) {
    const v1::Deliberation* held = view_.Deliberation(Pick(deliberations_));
    if (held != nullptr && held->body() == v1::BODY_CONSEIL_DEPARTEMENTAL &&
        held->result() == v1::VOTE_RESULT_ADOPTED && Stands(*held)) {
      ref.set_number(held->number());
      return ref;
    }
  }
  v1::BeforeOpening* before = ref.mutable_before_opening();
  before->set_number(fmt::format("2023-{}", 1 + Below(300)));
  *before->mutable_date() = FromDays(OpenedOn() - 1 - static_cast<Days>(Below(400)));
  before->set_body(v1::BODY_CONSEIL_DEPARTEMENTAL);
  return ref;
}

void RandomActs::OpenLedger(v1::Act* act) {
  v1::LedgerOpened* opened = act->mutable_ledger_opened();
  opened->set_authority_name("Collectivité d'essai");
  opened->set_origin("ledger.invalid/essai");
  opened->set_time_zone("Europe/Paris");
  opened->set_currency("EUR");
  opened->mutable_patterns()->set_deliberation("AAAA-n");
  opened->mutable_patterns()->set_convention("AAAA-nnnnn");
  opened->mutable_patterns()->set_budget_code("Cnn-nnnXnn");
  opened->set_budget_code_follows_function(true);
  opened->set_late_entry_days(60);
  *opened->mutable_date() = Today();
}

bool RandomActs::RegisterStructure(v1::Act* act) {
  v1::StructureRegistered* registered = act->mutable_structure_registered();
  registered->set_structure_id(fmt::format("S{}", ++serial_));
  v1::StructureIdentity* identity = registered->mutable_identity();
  identity->set_name(fmt::format("Structure d'essai {}", serial_));
  // Now and then another establishment of a SIREN that the ledger knows.
  const v1::Structure* other = structures_.empty() ? nullptr : view_.Structure(Pick(structures_));
  if (Chance(30) && other != nullptr && !other->identity().siret().empty()) {
    identity->set_siret(Siret(other->identity().siret().substr(0, 9)));
  } else if (Chance(70)) {
    identity->set_siret(Siret(Siren()));
  }
  identity->set_legal_form(Chance(70) ? v1::LEGAL_FORM_ASSOCIATION : v1::LEGAL_FORM_PUBLIC_BODY);
  identity->set_sector(identity->legal_form() == v1::LEGAL_FORM_ASSOCIATION ? v1::SECTOR_PRIVATE
                                                                            : v1::SECTOR_PUBLIC);
  if (Chance(50)) *registered->mutable_date() = Today();
  structures_.push_back(registered->structure_id());
  return true;
}

bool RandomActs::UpdateStructure(v1::Act* act) {
  if (structures_.empty()) return false;
  const v1::Structure* structure = view_.Structure(Pick(structures_));
  if (structure == nullptr) return false;
  v1::StructureUpdated* updated = act->mutable_structure_updated();
  updated->set_structure_id(structure->structure_id());
  *updated->mutable_before() = structure->identity();
  v1::StructureIdentity* after = updated->mutable_after();
  *after = structure->identity();
  const std::string& siret = structure->identity().siret();
  if (siret.empty()) {
    after->set_siret(Siret(Siren()));
  } else if (Chance(10)) {
    after->clear_siret();
  } else if (Chance(30)) {
    // Back to a SIRET it had.
    after->set_siret(structure->sirets(0).siret());
  } else if (Chance(50)) {
    after->set_siret(Siret(siret.substr(0, 9)));
  }
  after->set_commune(fmt::format("Commune d'essai {}", Below(50)));
  *updated->mutable_date() = Today();
  updated->set_reason("essai");
  return true;
}

bool RandomActs::OpenBudgetLine(v1::Act* act) {
  v1::BudgetLineOpened* opened = act->mutable_budget_line_opened();
  const int function = 100 + static_cast<int>(Below(900));
  opened->set_code(fmt::format("C{:02}-{:03}A{:02}", Below(100), function, Below(100)));
  if (std::find(lines_.begin(), lines_.end(), opened->code()) != lines_.end()) return false;
  opened->set_nature("6568");
  opened->set_function(fmt::format("93{:03}", function));
  opened->set_label("Ligne d'essai");
  opened->set_authorised_cents(100'000'000 + Amount(2'000'000'000));
  *opened->mutable_opened_by() = Conseil();
  *opened->mutable_date() = Today();
  lines_.push_back(opened->code());
  return true;
}

bool RandomActs::AdjustBudgetLine(v1::Act* act) {
  if (lines_.empty()) return false;
  const v1::BudgetLine* line = view_.BudgetLine(Pick(lines_));
  if (line == nullptr) return false;
  v1::BudgetLineAdjusted* adjusted = act->mutable_budget_line_adjusted();
  adjusted->set_code(line->code());
  adjusted->set_authorised_before_cents(line->authorised_cents());
  const int64_t change = Chance(60) ? Amount(500'000'000) : -Amount(line->available_cents());
  adjusted->set_authorised_after_cents(std::max<int64_t>(0, line->authorised_cents() + change));
  *adjusted->mutable_adjusted_by() = Conseil();
  if (Chance(20)) {
    const std::string& other = Pick(lines_);
    if (other != line->code()) adjusted->set_transfer_with_code(other);
  }
  *adjusted->mutable_date() = Today();
  adjusted->set_reason("essai");
  return true;
}

bool RandomActs::VoteCredits(v1::Act* act) {
  if (lines_.empty()) return false;
  const v1::BudgetLine* line = view_.BudgetLine(Pick(lines_));
  if (line == nullptr) return false;
  v1::PaymentCreditsVoted* voted = act->mutable_payment_credits_voted();
  voted->set_code(line->code());
  voted->set_fiscal_year(Year() + static_cast<int>(Below(2)));
  if (voted->fiscal_year() <= LastClosedYear()) return false;
  int64_t least = 0;
  for (const v1::FiscalYearCredits& year : line->fiscal_years()) {
    if (year.fiscal_year() != voted->fiscal_year()) continue;
    voted->set_credits_before_cents(year.credits_cents());
    least = year.ordered_cents();
  }
  voted->set_credits_after_cents(Chance(10) ? least : least + Amount(1'000'000'000));
  *voted->mutable_voted_by() = Conseil();
  *voted->mutable_date() = Today();
  return true;
}

bool RandomActs::RecordOpeningCommitment(v1::Act* act) {
  if (lines_.empty()) return false;
  const v1::BudgetLine* line = view_.BudgetLine(Pick(lines_));
  if (line == nullptr || line->opening_commitment_cents() > 0) return false;
  v1::OpeningCommitmentRecorded* recorded = act->mutable_opening_commitment_recorded();
  recorded->set_code(line->code());
  recorded->set_amount_cents(line->authorised_cents() / 10 + Amount(line->authorised_cents() / 2));
  *recorded->mutable_date() = FromDays(OpenedOn());
  return true;
}

bool RandomActs::RecordOpeningConvention(v1::Act* act) {
  if (lines_.empty() || structures_.empty()) return false;
  const v1::BudgetLine* line = view_.BudgetLine(Pick(lines_));
  const v1::Structure* structure = view_.Structure(Pick(structures_));
  if (line == nullptr || structure == nullptr) return false;
  const int64_t left = line->opening_commitment_cents() - line->opening_contracted_cents();
  if (left < 1'000) return false;
  v1::OpeningConventionRecorded* recorded = act->mutable_opening_convention_recorded();
  recorded->set_number(fmt::format("2023-{:05}", ++serial_));
  recorded->set_structure_id(structure->structure_id());
  recorded->set_object("Action d'essai");
  recorded->set_previous_convention(structure->last_convention());
  *recorded->mutable_signatures()->mutable_authority_signed_on() =
      FromDays(OpenedOn() - 30 - static_cast<Days>(Below(200)));
  const int tranches = 1 + static_cast<int>(Below(2));
  for (int i = 0; i < tranches; ++i) {
    Source source;
    source.budget_code = line->code();
    const int64_t cents = 100 + Amount(left / 8);
    v1::Tranche tranche = NewTranche(fmt::format("T{}", i), source, cents);
    recorded->set_amount_cents(recorded->amount_cents() + cents);
    *recorded->add_tranches() = std::move(tranche);
  }
  conventions_.push_back(recorded->number());
  return true;
}

bool RandomActs::RecordOpeningPayment(v1::Act* act) {
  const v1::Convention* convention = PickOpenConvention();
  if (convention == nullptr || !convention->opening()) return false;
  const v1::TrancheState& state =
      convention->tranches(static_cast<int>(Below(convention->tranches_size())));
  const v1::ScheduleLine& line = state.tranche().schedule(0);
  int64_t ordered = 0;
  for (const v1::ScheduleLineState& done : state.lines()) {
    if (done.line_id() == line.line_id()) ordered = done.ordered_cents();
  }
  if (line.amount_cents() <= ordered) return false;
  v1::OpeningPaymentRecorded* payment = act->mutable_opening_payment_recorded();
  payment->set_convention_number(convention->number());
  payment->set_tranche_id(state.tranche().tranche_id());
  payment->set_schedule_line_id(line.line_id());
  payment->set_structure_id(convention->structure_id());
  payment->set_budget_code(state.tranche().budget_code());
  const Days paid_on = ToDays(convention->signed_on()) + static_cast<Days>(Below(20));
  *payment->mutable_date() = FromDays(paid_on);
  payment->set_fiscal_year(payment->date().year());
  payment->set_amount_cents(Amount(line.amount_cents() - ordered));
  return true;
}

}  // namespace registre::testing
