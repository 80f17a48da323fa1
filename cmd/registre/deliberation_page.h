// A deliberation as a page: vote, recusals, articles, annexes, totals by thematic, allotments.
#ifndef REGISTRE_CMD_REGISTRE_DELIBERATION_PAGE_H_
#define REGISTRE_CMD_REGISTRE_DELIBERATION_PAGE_H_

#include "cmd/registre/console.h"
#include "cmd/registre/names.h"
#include "registre/v1/deliberation_service.pb.h"

namespace registre::cli {

// Prints everything but the end (PrintEnd).
void PrintDeliberation(const v1::GetDeliberationResponse& response, StructureNames& names,
                       Console& console);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_DELIBERATION_PAGE_H_
