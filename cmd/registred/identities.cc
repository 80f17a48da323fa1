#include "cmd/registred/identities.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "ledger/base/errors.h"

namespace registre {
namespace {

// The file's bytes; an error of `reason` that names the flag.
absl::StatusOr<std::string> ReadFile(const char* flag, const std::string& path,
                                     std::string_view reason) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.is_open() && !file.bad() && !bytes.empty()) return bytes;
  const char* why = !file.is_open() ? std::strerror(errno) : "it is empty or cannot be read";
  return Error(
      absl::StatusCode::kInvalidArgument, reason,
      fmt::format("{} {}: {}; give a file that the server's user may read", flag, path, why));
}

void WarnOfReaders(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0 || (info.st_mode & (S_IRGRP | S_IROTH)) == 0) return;
  spdlog::warn("the key {} can be read by others (mode {:o}): chmod 600 it", path,
               info.st_mode & 07777u);
}

}  // namespace

std::string IdentityFiles::Missing() const {
  std::vector<std::string> missing;
  if (certificate.empty()) missing.emplace_back("--tls-cert");
  if (key.empty()) missing.emplace_back("--tls-key");
  if (client_ca.empty()) missing.emplace_back("--tls-client-ca");
  if (policy.empty()) missing.emplace_back("--policy");
  return missing.size() == 4 ? std::string() : fmt::format("{}", fmt::join(missing, ", "));
}

absl::StatusOr<Policy> ReadPolicy(const std::string& path) {
  auto json = ReadFile("--policy", path, "POLICY_INVALID");
  if (!json.ok()) return json.status();
  auto policy = Policy::Parse(*json);
  if (!policy.ok()) return Annotate(policy.status(), fmt::format("--policy {}: ", path));
  return policy;
}

absl::StatusOr<Server::Tls> ReadIdentities(const IdentityFiles& files) {
  auto certificate = ReadFile("--tls-cert", files.certificate, "TLS_FILE_INVALID");
  if (!certificate.ok()) return certificate.status();
  auto key = ReadFile("--tls-key", files.key, "TLS_FILE_INVALID");
  if (!key.ok()) return key.status();
  auto client_ca = ReadFile("--tls-client-ca", files.client_ca, "TLS_FILE_INVALID");
  if (!client_ca.ok()) return client_ca.status();
  auto policy = ReadPolicy(files.policy);
  if (!policy.ok()) return policy.status();
  WarnOfReaders(files.key);
  return Server::Tls{*std::move(certificate), *std::move(key), *std::move(client_ca),
                     *std::move(policy)};
}

}  // namespace registre
