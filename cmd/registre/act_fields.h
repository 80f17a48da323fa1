// What an act says, field by field, as a client sends it: to be shown and compared.
#ifndef REGISTRE_CMD_REGISTRE_ACT_FIELDS_H_
#define REGISTRE_CMD_REGISTRE_ACT_FIELDS_H_

#include <string>
#include <vector>

#include "registre/v1/act.pb.h"

namespace registre::cli {

// A field by its path from the act, for example payment_ordered.basis.tranche_id; a list by index.
struct ActField {
  std::string path;
  std::string text;  // amounts in euros, dates as tables show them
};

// In the order of the contract, without fields that the ledger fills.
std::vector<ActField> FieldsOf(v1::Act act);

// A field that two acts say otherwise; empty where one does not say it.
struct ActChange {
  std::string path;
  std::string before;
  std::string after;
};
std::vector<ActChange> ChangesBetween(const v1::Act& before, const v1::Act& after);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_ACT_FIELDS_H_
