#include "tests/support/application_acts.h"

#include "tests/support/fake_view.h"

namespace registre::testing {

v1::Act OpenCall() {
  return Text<v1::Act>(R"pb(call_for_projects_opened {
                              call_id: "AAP"
                              title: "Appel d'essai"
                              phase: 1
                              thematics {
                                code: "1"
                                title: "Thème"
                                operations { code: "1.1" title: "Opération" }
                              }
                              date { year: 2023 month: 1 day: 2 }
                            })pb");
}

v1::Act Submit(int64_t requested_cents, const v1::Date& on) {
  v1::Act act = Text<v1::Act>(R"pb(application_submitted {
                                     number: "D1"
                                     call_id: "AAP"
                                     thematic: "1"
                                     operation: "1.1"
                                     structure_id: "st-a"
                                   })pb");
  act.mutable_application_submitted()->set_requested_cents(requested_cents);
  *act.mutable_application_submitted()->mutable_date() = on;
  return act;
}

v1::Act Instruct(int64_t proposed_cents, const v1::Date& on) {
  v1::Act act =
      Text<v1::Act>(R"pb(application_instructed {
                           number: "D1"
                           instruction { advice: ADVICE_FAVOURABLE service: "Service d'essai" }
                         })pb");
  act.mutable_application_instructed()->mutable_instruction()->set_proposed_cents(proposed_cents);
  *act.mutable_application_instructed()->mutable_date() = on;
  return act;
}

}  // namespace registre::testing
