#include "cmd/registre/convention_state.h"

#include <fmt/format.h>

#include <algorithm>

#include "cmd/registre/convention_page.h"
#include "cmd/registre/format.h"
#include "cmd/registre/marks.h"
#include "cmd/registre/text.h"
#include "ledger/base/money.h"

namespace registre::cli {
namespace {

void AddAmount(const char* name, int64_t before, int64_t after, std::vector<std::string>* changes) {
  if (before == after) return;
  const int64_t by = after - before;
  changes->push_back(
      fmt::format("{} {} {}", name, by > 0 ? "+" : "-", FormatCents(by > 0 ? by : -by)));
}

void AddDay(const std::string& name, const v1::Date& before, const v1::Date& after,
            std::vector<std::string>* changes) {
  const std::string was = DateText(before);
  const std::string is = DateText(after);
  if (was == is) return;
  changes->push_back(is.empty() ? fmt::format("{} : plus de date", name)
                                : fmt::format("{} le {}", name, is));
}

const v1::TrancheState* TrancheOf(const v1::Convention& convention, const std::string& id) {
  const auto it = std::find_if(
      convention.tranches().begin(), convention.tranches().end(),
      [&](const v1::TrancheState& tranche) { return tranche.tranche().tranche_id() == id; });
  return it == convention.tranches().end() ? nullptr : &*it;
}

void AddTranche(const v1::TrancheState* before, const v1::TrancheState& after,
                std::vector<std::string>* changes) {
  const std::string name = fmt::format("tranche {}", OneLine(after.tranche().tranche_id()));
  if (before == nullptr) {
    changes->push_back(name);
    before = &v1::TrancheState::default_instance();
  } else if (before->tranche().SerializeAsString() != after.tranche().SerializeAsString()) {
    changes->push_back(name + " modifiée");
  }
  AddAmount("service fait", before->certified_cents(), after.certified_cents(), changes);
  AddDay(fmt::format("bilan de la {} reçu", name), before->report_received_on(),
         after.report_received_on(), changes);
  AddDay(fmt::format("bilan de la {} accepté", name), before->report_accepted_on(),
         after.report_accepted_on(), changes);
  AddAmount("redemandé", before->recovery_ordered_cents(), after.recovery_ordered_cents(), changes);
  AddAmount("reversé", before->recovered_cents(), after.recovered_cents(), changes);
}

void AddAvenants(const v1::Convention& before, const v1::Convention& after,
                 std::vector<std::string>* changes) {
  for (int i = before.avenants_size(); i < after.avenants_size(); ++i) {
    changes->push_back(fmt::format("avenant {}", after.avenants(i).avenant_number()));
  }
  for (int i = after.avenants_size(); i < before.avenants_size(); ++i) {
    changes->push_back(fmt::format("avenant {} retiré", before.avenants(i).avenant_number()));
  }
}

}  // namespace

std::string ConventionStateText(const v1::Row& row) {
  if (!row.has_convention()) return "aucun état";
  const ConventionSums sums = SumsOf(row.convention());
  return fmt::format("plafond {}, mandaté {}, payé {}, reste à mandater {}", sums.ceiling.Text(),
                     sums.ordered.Text(), sums.paid.Text(), (sums.ceiling - sums.ordered).Text());
}

std::vector<std::string> ConventionChanges(const v1::Row& before_row, const v1::Row& after_row) {
  const v1::Convention& before = before_row.convention();
  const v1::Convention& after = after_row.convention();
  const ConventionSums was = SumsOf(before);
  const ConventionSums is = SumsOf(after);
  std::vector<std::string> changes;
  AddDay("signée", before.signed_on(), after.signed_on(), &changes);
  AddAmount("montant", before.amount_cents(), after.amount_cents(), &changes);
  AddAmount("plafond", was.ceiling.cents, is.ceiling.cents, &changes);
  AddAmount("mandaté", was.ordered.cents, is.ordered.cents, &changes);
  AddAmount("payé", was.paid.cents, is.paid.cents, &changes);
  AddAvenants(before, after, &changes);
  for (const v1::TrancheState& tranche : after.tranches()) {
    AddTranche(TrancheOf(before, tranche.tranche().tranche_id()), tranche, &changes);
  }
  for (const v1::TrancheState& tranche : before.tranches()) {
    const std::string& id = tranche.tranche().tranche_id();
    if (TrancheOf(after, id) == nullptr) {
      changes.push_back(fmt::format("tranche {} retirée", OneLine(id)));
    }
  }
  AddDay("close", before.closed_on(), after.closed_on(), &changes);
  AddDay("résiliée", before.terminated_on(), after.terminated_on(), &changes);
  return changes;
}

}  // namespace registre::cli
