#include "ledger/view.h"

#include <limits>

namespace registre {
namespace {

std::string Key(std::string_view type, std::string_view id) {
  std::string key;
  key.reserve(type.size() + id.size());
  key += type;
  key += id;
  return key;
}

}  // namespace

std::string StructureKey(std::string_view id) { return Key("structure:", id); }
std::string CallKey(std::string_view id) { return Key("call:", id); }
std::string ApplicationKey(std::string_view number) { return Key("application:", number); }
std::string SessionKey(std::string_view id) { return Key("session:", id); }
std::string DeliberationKey(std::string_view number) { return Key("deliberation:", number); }
std::string BudgetLineKey(std::string_view code) { return Key("budget_line:", code); }
std::string ConventionKey(std::string_view number) { return Key("convention:", number); }
std::string PaymentKey(int fiscal_year, std::string_view mandat) {
  return Key("payment:" + std::to_string(fiscal_year) + "-", mandat);
}
std::string SiretKey(std::string_view siret) { return Key("siret:", siret); }
std::string SirenKey(std::string_view siren) { return Key("siren:", siren); }
std::string CorrectionKey(std::string_view number) { return Key("correction:", number); }
std::string CorrectedKey(uint64_t position) { return Key("corrected:", std::to_string(position)); }

const std::string& OriginOf(const v1::Ledger& ledger) {
  return ledger.restorations().empty() ? ledger.opened().origin()
                                       : ledger.restorations().rbegin()->origin();
}

uint64_t EventsSharedWith(const v1::Ledger& ledger, std::string_view origin) {
  if (origin == OriginOf(ledger)) return std::numeric_limits<uint64_t>::max();
  for (const v1::LedgerRestored& restored : ledger.restorations()) {
    if (origin == restored.previous_origin()) return restored.log_size();
  }
  return 0;
}

const v1::Ledger& LedgerView::Ledger() const {
  const v1::Row* row = Find(kLedgerKey);
  return row == nullptr ? v1::Ledger::default_instance() : row->ledger();
}

const v1::Structure* LedgerView::Structure(std::string_view id) const {
  const v1::Row* row = Find(StructureKey(id));
  return row == nullptr || row->structure().structure_id().empty() ? nullptr : &row->structure();
}

const v1::Call* LedgerView::Call(std::string_view id) const {
  const v1::Row* row = Find(CallKey(id));
  return row == nullptr || row->call().call_id().empty() ? nullptr : &row->call();
}

const v1::Application* LedgerView::Application(std::string_view number) const {
  const v1::Row* row = Find(ApplicationKey(number));
  return row == nullptr || row->application().number().empty() ? nullptr : &row->application();
}

const v1::Session* LedgerView::Session(std::string_view id) const {
  const v1::Row* row = Find(SessionKey(id));
  return row == nullptr || !row->session().has_held() ? nullptr : &row->session();
}

const v1::Deliberation* LedgerView::Deliberation(std::string_view number) const {
  const v1::Row* row = Find(DeliberationKey(number));
  return row == nullptr || row->deliberation().number().empty() ? nullptr : &row->deliberation();
}

const v1::BudgetLine* LedgerView::BudgetLine(std::string_view code) const {
  const v1::Row* row = Find(BudgetLineKey(code));
  return row == nullptr || row->budget_line().code().empty() ? nullptr : &row->budget_line();
}

const v1::Convention* LedgerView::Convention(std::string_view number) const {
  const v1::Row* row = Find(ConventionKey(number));
  return row == nullptr || row->convention().number().empty() ? nullptr : &row->convention();
}

const v1::Payment* LedgerView::Payment(int fiscal_year, std::string_view mandat) const {
  const v1::Row* row = Find(PaymentKey(fiscal_year, mandat));
  return row == nullptr || row->payment().mandat().empty() ? nullptr : &row->payment();
}

const v1::StructureIds& LedgerView::StructuresBySiret(std::string_view siret) const {
  const v1::Row* row = Find(SiretKey(siret));
  return row == nullptr ? v1::StructureIds::default_instance() : row->structure_ids();
}

const v1::StructureIds& LedgerView::StructuresBySiren(std::string_view siren) const {
  const v1::Row* row = Find(SirenKey(siren));
  return row == nullptr ? v1::StructureIds::default_instance() : row->structure_ids();
}

const v1::Correction* LedgerView::Correction(std::string_view number) const {
  const v1::Row* row = Find(CorrectionKey(number));
  return row == nullptr || !row->correction().has_proposal() ? nullptr : &row->correction();
}

}  // namespace registre
