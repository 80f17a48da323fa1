// Answers with the figures of deliberation 2023-405. Where the document gives none (numbers of
// orders, dates of signature), they are test data.
#ifndef REGISTRE_TESTS_CMD_REGISTRE_FIXTURE_H_
#define REGISTRE_TESTS_CMD_REGISTRE_FIXTURE_H_

#include "registre/v1/budget_service.pb.h"
#include "registre/v1/convention_service.pb.h"
#include "registre/v1/deliberation_service.pb.h"
#include "registre/v1/structure_service.pb.h"

namespace registre::cli {

v1::Date Day(int year, int month, int day);

// The budget table of report 70; before the vote: nothing proposed.
v1::GetDeliberationBudgetResponse ReportTable(bool voted);

// The four lines after the vote.
v1::ListBudgetLinesResponse BudgetLines();

// Convention 2023-00963 after avenant 1, its advance ordered.
v1::GetConventionResponse PasseportForma();
v1::ListConventionPaymentsResponse PasseportFormaPayments();

// Convention 2023-01628 after avenant 1: 24 000 paid before the opening, nothing ordered since.
v1::GetConventionResponse ChevalBleuConvention();

// Le Cheval Bleu and two of its acts.
v1::GetStructureResponse ChevalBleu();
v1::ListStructureActsResponse ChevalBleuActs();

// The deliberation, with some of its allotments and annexes.
v1::GetDeliberationResponse Deliberation405();

}  // namespace registre::cli

#endif  // REGISTRE_TESTS_CMD_REGISTRE_FIXTURE_H_
