// What is due on a convention, read from its state: no clock, no call.
#ifndef REGISTRE_CMD_REGISTRE_SCHEDULE_H_
#define REGISTRE_CMD_REGISTRE_SCHEDULE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cmd/registre/marks.h"
#include "registre/v1/state.pb.h"

namespace registre::cli {

// A scheduled payment with what has become of it. Borrows from the convention.
struct DueLine {
  const v1::TrancheState* tranche = nullptr;
  const v1::ScheduleLine* line = nullptr;
  int index = 0;  // of the line in its tranche
  Sum ordered;
  int64_t left_cents = 0;
  // What makes it due is recorded. A date is never judged: the ledger knows no today.
  bool triggered = false;
  // The day it fell, or will fall, due; unset when it is not known.
  v1::Date due_on;
  // What `triggered` and `due_on` rest on is assumed.
  bool trigger_assumed = false;
  // What makes it due, in words: "signature de l'avenant n° 1".
  std::string trigger;
};

// Every scheduled payment, in the order of the tranches.
std::vector<DueLine> ScheduleOf(const v1::Convention& convention);

// Where it is, in words: "mandatée", "due depuis le 25/09/2023*", "en attente".
std::string DueText(const DueLine& line);

// The next payment due: of those not ordered in full, the first whose trigger is recorded, or the
// first one. Null when nothing is left.
const DueLine* NextDue(const std::vector<DueLine>& lines);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_SCHEDULE_H_
