// Evidence bundles for the second verifier (deploy/audit/verify_bundle.py):
//
//   interop_bundles make DIR         writes good and spoilt ones, and DIR/cases, a line each:
//                                    <file> key|policy ca|- <schema digest>|- ok|<reason> <name>
//   interop_bundles verify KEYS POLICY|- CA|- SCHEMA|-
//                                    reads names of files, a line each, and answers with `ok` or
//                                    the reason, a line each
//   interop_bundles schemas          the digests of the schemas that are known, a line each
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include "ledger/backup_file.h"
#include "ledger/base/errors.h"
#include "ledger/bundle_verifier.h"
#include "ledger/schema.h"
#include "tests/support/bundle_cases.h"

namespace registre::testing {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) {
    std::fprintf(stderr, "interop_bundles: %s cannot be read\n", path.c_str());
    std::exit(1);
  }
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

int Make(const std::filesystem::path& folder) {
  const BundleCases all = MakeBundleCases();
  WriteFile(folder / "keys", all.key + "\n");
  WriteFile(folder / "policy", all.policy);
  WriteFile(folder / "ca.pem", all.tsa_ca);
  std::string lines;
  for (size_t i = 0; i < all.cases.size(); ++i) {
    const BundleCase& one = all.cases[i];
    const std::string name = fmt::format("{:03}.bundle", i);
    WriteFile(folder / name, one.bytes);
    lines +=
        fmt::format("{} {} {} {} {} {}\n", name, one.with_policy ? "policy" : "key",
                    one.with_ca ? "ca" : "-", one.schema_digest.empty() ? "-" : one.schema_digest,
                    one.reason.empty() ? "ok" : one.reason, one.name);
  }
  WriteFile(folder / "cases", lines);
  return 0;
}

int Verify(const std::string& keys, const std::string& policy_file, const std::string& ca_file,
           const std::string& schema) {
  TrustPolicy policy;
  if (policy_file != "-") {
    policy = *ParseTrustPolicy(ReadFile(policy_file));
  } else {
    std::ifstream file(keys);
    std::vector<VerifierKey> read;
    for (std::string line; std::getline(file, line);) read.push_back(*ParseVerifierKey(line));
    policy = TrustPolicy::OfKeys(read);
  }
  std::string ca_pem;
  if (ca_file != "-") ca_pem = ReadFile(ca_file);
  std::optional<std::string_view> ca;
  if (ca_file != "-") ca = ca_pem;
  std::vector<Hash> schemas;
  if (schema != "-") schemas.push_back(*HashFromHex(schema));
  for (std::string path; std::getline(std::cin, path);) {
    const auto verified = VerifyBundle(ReadFile(path), policy, ca, schemas);
    std::cout << (verified.ok() ? "ok" : ReasonOf(verified.status())) << std::endl;
  }
  return 0;
}

int TellSchemas() {
  for (const std::string_view digest : KnownSchemaDigests()) std::cout << digest << '\n';
  return 0;
}

}  // namespace
}  // namespace registre::testing

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "make" && argc == 3) return registre::testing::Make(argv[2]);
  if (command == "verify" && argc == 6) {
    return registre::testing::Verify(argv[2], argv[3], argv[4], argv[5]);
  }
  if (command == "schemas" && argc == 2) return registre::testing::TellSchemas();
  std::fprintf(stderr, "interop_bundles make DIR | verify KEYS POLICY|- CA|- SCHEMA|- | schemas\n");
  return 2;
}
