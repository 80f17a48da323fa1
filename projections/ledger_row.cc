// The row "ledger": its opening act, the end of its opening, closed years, corrections counted,
// restorations.
#include "projections/fold_rows.h"

namespace registre {

void FoldLedger(Direction direction, const v1::Event& event, v1::Ledger* row) {
  const v1::Act& act = event.act();
  const bool applied = direction == Direction::kApply;
  switch (act.act_case()) {
    case v1::Act::kLedgerOpened:
      Put(applied ? &act.ledger_opened() : nullptr, row, &v1::Ledger::mutable_opened,
          &v1::Ledger::clear_opened);
      break;
    case v1::Act::kOpeningClosed:
      Put(applied ? &act.opening_closed().date() : nullptr, row,
          &v1::Ledger::mutable_opening_closed_on, &v1::Ledger::clear_opening_closed_on);
      break;
    case v1::Act::kFiscalYearClosed: {
      v1::ClosedYear closed;
      closed.set_fiscal_year(act.fiscal_year_closed().fiscal_year());
      *closed.mutable_closed_on() = act.fiscal_year_closed().date();
      closed.set_position(event.position());
      Appended(direction, closed, row->mutable_closed_years());
      break;
    }
    case v1::Act::kCorrectionProposed:
      row->set_corrections(static_cast<uint32_t>(Plus(direction, row->corrections(), 1)));
      break;
    case v1::Act::kLedgerRestored:
      Appended(direction, act.ledger_restored(), row->mutable_restorations());
      break;
    default:  // says nothing of this row
      break;
  }
}

}  // namespace registre
