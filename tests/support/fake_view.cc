#include "tests/support/fake_view.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "google/protobuf/text_format.h"
#include "ledger/base/date.h"
#include "ledger/base/errors.h"

namespace registre::testing {
namespace {

[[noreturn]] void Abort(const std::string& why) {
  std::fprintf(stderr, "test data: %s\n", why.c_str());
  std::abort();
}

std::string SeverityName(v1::Severity severity) {
  switch (severity) {
    case v1::SEVERITY_INFORMATION:
      return "information";
    case v1::SEVERITY_ATTENTION:
      return "attention";
    case v1::SEVERITY_SERIOUS:
      return "serious";
    default:
      return "unspecified";
  }
}

}  // namespace

v1::Date On(const std::string& iso) {
  v1::Date date;
  if (!ParseDate(iso, &date)) Abort("no date: " + iso);
  return date;
}

v1::Period FromTo(const std::string& start, const std::string& end) {
  v1::Period period;
  *period.mutable_start() = On(start);
  *period.mutable_end() = On(end);
  return period;
}

void ParseText(const std::string& text, google::protobuf::Message* message) {
  if (!google::protobuf::TextFormat::ParseFromString(text, message)) Abort("no message: " + text);
}

void FakeView::ForEachKey(std::string_view prefix,
                          const std::function<bool(std::string_view key)>& visit) const {
  for (auto it = rows_.lower_bound(prefix); it != rows_.end(); ++it) {
    if (!it->first.starts_with(prefix) || !visit(it->first)) return;
  }
}

const v1::Row* FakeView::Find(std::string_view key) const {
  const auto it = rows_.find(key);
  return it == rows_.end() ? nullptr : &it->second;
}

v1::Ledger& FakeView::OpenLedger() {
  v1::Ledger& ledger = *RowOf(kLedgerKey).mutable_ledger();
  ParseText(R"pb(
              authority_name: "Département d'essai"
              origin: "registre.test/essai"
              time_zone: "Europe/Paris"
              currency: "EUR"
              patterns { deliberation: "AAAA-n" convention: "AAAA-nnnnn" budget_code: "Cnn-nnnXnn" }
              late_entry_days: 0
              date { year: 2023 month: 1 day: 1 }
            )pb",
            ledger.mutable_opened());
  return ledger;
}

v1::Structure& FakeView::AddStructure(const std::string& id, const std::string& name) {
  v1::Structure& structure = *RowOf(StructureKey(id)).mutable_structure();
  structure.set_structure_id(id);
  structure.mutable_identity()->set_name(name);
  structure.mutable_identity()->set_legal_form(v1::LEGAL_FORM_ASSOCIATION);
  structure.mutable_identity()->set_sector(v1::SECTOR_PRIVATE);
  return structure;
}

v1::BudgetLine& FakeView::AddBudgetLine(const std::string& code, int64_t authorised_cents,
                                        int64_t opening_commitment_cents) {
  v1::BudgetLine& line = *RowOf(BudgetLineKey(code)).mutable_budget_line();
  line.set_code(code);
  line.set_nature("6568");
  line.set_function("93446");
  line.set_label("Ligne d'essai " + code);
  line.set_authorised_cents(authorised_cents);
  line.set_opening_commitment_cents(opening_commitment_cents);
  line.set_available_cents(authorised_cents - opening_commitment_cents);
  return line;
}

v1::Call& FakeView::AddCall(const std::string& id) {
  v1::Call& call = *RowOf(CallKey(id)).mutable_call();
  ParseText(R"pb(
              title: "Appel d'essai"
              thematics {
                code: "1"
                title: "Thématique d'essai"
                operations { code: "1" title: "Opération d'essai" }
                operations { code: "2" title: "Autre opération d'essai" }
              }
              thematics { code: "2" title: "Autre thématique d'essai" }
              date { year: 2023 month: 1 day: 15 }
            )pb",
            &call);
  call.set_call_id(id);
  return call;
}

v1::Application& FakeView::AddApplication(const std::string& number, const std::string& call_id,
                                          const std::string& structure_id,
                                          int64_t requested_cents) {
  v1::Application& application = *RowOf(ApplicationKey(number)).mutable_application();
  application.set_number(number);
  application.set_call_id(call_id);
  application.set_thematic("1");
  application.set_operation("1");
  application.set_structure_id(structure_id);
  application.set_requested_cents(requested_cents);
  *application.mutable_submitted_on() = On("2023-03-01");
  return application;
}

v1::Session& FakeView::AddSession(const std::string& id, v1::Body body, const std::string& date,
                                  int members) {
  v1::Session& session = *RowOf(SessionKey(id)).mutable_session();
  v1::SessionHeld& held = *session.mutable_held();
  held.set_session_id(id);
  held.set_body(body);
  *held.mutable_date() = On(date);
  held.set_chair("M1");
  held.set_members_in_office(members);
  for (int i = 1; i <= members; ++i) {
    v1::RosterEntry& entry = *held.add_roster();
    entry.set_member("M" + std::to_string(i));
    entry.set_presence(v1::PRESENCE_PRESENT);
  }
  return session;
}

v1::Deliberation& FakeView::AddDeliberation(const std::string& number, v1::Body body,
                                            const std::string& date) {
  v1::Deliberation& deliberation = *RowOf(DeliberationKey(number)).mutable_deliberation();
  deliberation.set_number(number);
  deliberation.set_body(body);
  *deliberation.mutable_date() = On(date);
  deliberation.set_title("Délibération d'essai");
  deliberation.set_result(v1::VOTE_RESULT_ADOPTED);
  return deliberation;
}

v1::AllotmentState& FakeView::AddAllotment(const std::string& deliberation,
                                           const std::string& allotment_id,
                                           const std::string& structure_id,
                                           const std::string& budget_code, int64_t amount_cents) {
  v1::AllotmentState& state =
      *RowOf(DeliberationKey(deliberation)).mutable_deliberation()->add_allotments();
  v1::Allotment& allotment = *state.mutable_allotment();
  allotment.set_allotment_id(allotment_id);
  allotment.set_article("1");
  allotment.set_label("Attribution d'essai");
  allotment.set_structure_id(structure_id);
  allotment.set_budget_code(budget_code);
  allotment.set_amount_cents(amount_cents);
  state.set_amount_cents(amount_cents);
  return state;
}

v1::Convention& FakeView::AddConvention(const std::string& number, const std::string& structure_id,
                                        const std::string& signed_on, int64_t amount_cents) {
  v1::Convention& convention = *RowOf(ConventionKey(number)).mutable_convention();
  convention.set_number(number);
  convention.set_structure_id(structure_id);
  convention.set_object("Objet d'essai");
  *convention.mutable_signed_on() = On(signed_on);
  convention.set_initial_amount_cents(amount_cents);
  convention.set_amount_cents(amount_cents);
  return convention;
}

v1::TrancheState& FakeView::AddTranche(const std::string& convention, const std::string& tranche_id,
                                       const std::string& budget_code, int64_t ceiling_cents) {
  v1::TrancheState& state = *RowOf(ConventionKey(convention)).mutable_convention()->add_tranches();
  state.mutable_tranche()->set_tranche_id(tranche_id);
  state.mutable_tranche()->set_budget_code(budget_code);
  state.mutable_tranche()->set_ceiling_cents(ceiling_cents);
  return state;
}

v1::Payment& FakeView::AddPayment(int fiscal_year, const std::string& mandat,
                                  const std::string& structure_id, const std::string& budget_code,
                                  int64_t amount_cents, const std::string& ordered_on) {
  v1::Payment& payment = *RowOf(PaymentKey(fiscal_year, mandat)).mutable_payment();
  payment.set_fiscal_year(fiscal_year);
  payment.set_mandat(mandat);
  payment.set_structure_id(structure_id);
  payment.set_budget_code(budget_code);
  payment.set_kind(v1::PAYMENT_KIND_SINGLE);
  payment.set_ordered_by("clerk");
  payment.set_amount_cents(amount_cents);
  *payment.mutable_ordered_on() = On(ordered_on);
  v1::PaymentStep& step = *payment.add_steps();
  step.set_status(v1::PAYMENT_STATUS_ORDERED);
  *step.mutable_date() = On(ordered_on);
  return payment;
}

Judged MakeJudged(absl::Status status, const std::vector<v1::Flag>& flags) {
  Judged judged;
  judged.reason = ReasonOf(status);
  judged.status = std::move(status);
  for (const v1::Flag& flag : flags) {
    std::string line = flag.rule() + " " + SeverityName(flag.severity());
    if (!flag.subject().empty()) line += " " + flag.subject();
    judged.flags.push_back(std::move(line));
    judged.messages.push_back(flag.message());
  }
  return judged;
}

}  // namespace registre::testing
