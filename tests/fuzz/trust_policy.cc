// Trust policies, and the verdicts they give on a checkpoint with three cosignatures.
#include "ledger/proof/trust_policy.h"

#include <set>

#include "tests/fuzz/fuzz.h"
#include "tests/support/test_keys.h"

namespace registre {
namespace {

// Test data.
const std::string& FuzzCheckpoint() {
  static const auto* const note = [] {
    const std::string origin = "registre.example/test";
    const std::string text = FormatCheckpoint({origin, 3, Sha256("root")});
    Note made{text, {SignNote(text, origin, TestKey(1))}};
    for (const char n : {101, 102, 103}) {
      made.signatures.push_back(Cosign(text, "w" + std::to_string(n - 100) + ".example", TestKey(n),
                                       absl::FromUnixSeconds(n)));
    }
    return new std::string(FormatNote(made));
  }();
  return *note;
}

void FuzzPolicy(std::string_view text) {
  const auto policy = ParseTrustPolicy(text);
  if (!policy.ok()) return;
  std::set<std::string> names;
  for (const TrustPolicy::Witness& witness : policy->witnesses) {
    REGISTRE_CHECK(names.insert(witness.name).second, "each name once");
  }
  for (const TrustPolicy::Group& group : policy->groups) {
    REGISTRE_CHECK(group.threshold >= 1 && group.threshold <= group.members.size(), "1 to n");
    for (const std::string& member : group.members) {
      REGISTRE_CHECK(names.count(member) == 1, "defined above");
    }
    REGISTRE_CHECK(names.insert(group.name).second, "each name once");
  }
  REGISTRE_CHECK(policy->quorum == "none" || names.count(policy->quorum) == 1, "a quorum");
  const auto trusted = VerifyCheckpoint(FuzzCheckpoint(), *policy);
  REGISTRE_CHECK(!trusted.ok() || !policy->logs.empty(), "some log is known");
  REGISTRE_CHECK(!trusted.ok() || policy->quorum == "none" || !trusted->cosigned.empty(),
                 "some witness cosigned");
}

}  // namespace
}  // namespace registre

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  registre::FuzzPolicy(registre::FuzzText(data, size));
  return 0;
}
