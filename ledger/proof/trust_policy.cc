#include "ledger/proof/trust_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "ledger/proof/encoding.h"

namespace registre {
namespace {

constexpr std::string_view kNone = "none";

std::vector<std::string_view> WordsOf(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

// Opaque octets of a policy, for messages.
std::string Quoted(std::string_view word) {
  return IsUtf8(word) ? fmt::format("`{}`", FirstBytes(word, 100)) : "that is not UTF-8";
}

// Reads a policy line by line.
class PolicyReader {
 public:
  // An error without its line number.
  absl::Status Read(std::string_view line) {
    const std::vector<std::string_view> words = WordsOf(line);
    if (words.empty() || words.front().front() == '#') return absl::OkStatus();
    if (words.front() == "log") return ReadLog(words);
    if (words.front() == "witness") return ReadWitness(words);
    if (words.front() == "group") return ReadGroup(words);
    if (words.front() == "quorum") return ReadQuorum(words);
    return absl::InvalidArgumentError(fmt::format(
        "the word {} is none of log, witness, group and quorum", Quoted(words.front())));
  }

  bool has_quorum() const { return !policy_.quorum.empty(); }
  TrustPolicy Take() { return std::move(policy_); }

 private:
  using Words = std::vector<std::string_view>;

  absl::Status ReadLog(const Words& words) {
    if (words.size() != 2 && words.size() != 3) {
      return absl::InvalidArgumentError("a log is `log <vkey> [<url>]`");
    }
    absl::StatusOr<VerifierKey> key = ReadKey(words[1], KeyUse::kLog);
    if (!key.ok()) return key.status();
    for (const TrustPolicy::Log& log : policy_.logs) {
      if (log.key.public_key == key->public_key) {
        return absl::InvalidArgumentError("another log has the same public key");
      }
    }
    if (policy_.logs.size() == kMaxTrustPolicyLines) return TooMany("logs");
    policy_.logs.push_back({*std::move(key), std::string(words.size() > 2 ? words[2] : "")});
    return absl::OkStatus();
  }

  absl::Status ReadWitness(const Words& words) {
    if (words.size() != 3 && words.size() != 4) {
      return absl::InvalidArgumentError("a witness is `witness <name> <vkey> [<url>]`");
    }
    REGISTRE_RETURN_IF_ERROR(Define(words[1]));
    absl::StatusOr<VerifierKey> key = ReadKey(words[2], KeyUse::kWitness);
    if (!key.ok()) return key.status();
    for (const TrustPolicy::Witness& witness : policy_.witnesses) {
      if (witness.key.public_key == key->public_key) {
        return absl::InvalidArgumentError(
            fmt::format("witness {} has the same public key", Quoted(witness.name)));
      }
    }
    if (policy_.witnesses.size() == kMaxTrustPolicyLines) return TooMany("witnesses");
    policy_.witnesses.push_back(
        {std::string(words[1]), *std::move(key), std::string(words.size() > 3 ? words[3] : "")});
    return absl::OkStatus();
  }

  absl::Status ReadGroup(const Words& words) {
    if (words.size() < 4) {
      return absl::InvalidArgumentError("a group is `group <name> all|any|<k> <member>...`");
    }
    TrustPolicy::Group group{.name = std::string(words[1]), .threshold = 1, .members = {}};
    for (size_t i = 3; i < words.size(); ++i) {
      REGISTRE_RETURN_IF_ERROR(CheckDefined(words[i]));
      if (!members_.insert(std::string(words[i])).second) {
        return absl::InvalidArgumentError(
            fmt::format("{} is a member already, and each may count only once", Quoted(words[i])));
      }
      group.members.emplace_back(words[i]);
    }
    if (words[2] == "all") {
      group.threshold = group.members.size();
    } else if (words[2] != "any") {
      const std::optional<uint64_t> threshold = ParseDecimal(words[2]);
      if (!threshold || *threshold < 1 || *threshold > group.members.size()) {
        return absl::InvalidArgumentError(
            fmt::format("the threshold {} is neither all, nor any, nor a number from 1 to {}, the "
                        "members of the group",
                        Quoted(words[2]), group.members.size()));
      }
      group.threshold = *threshold;
    }
    // Only now: no group is a member of itself.
    REGISTRE_RETURN_IF_ERROR(Define(words[1]));
    if (policy_.groups.size() == kMaxTrustPolicyLines) return TooMany("groups");
    policy_.groups.push_back(std::move(group));
    return absl::OkStatus();
  }

  absl::Status ReadQuorum(const Words& words) {
    if (words.size() != 2) {
      return absl::InvalidArgumentError("a quorum is `quorum <name>` or `quorum none`");
    }
    if (has_quorum()) return absl::InvalidArgumentError("it is the second quorum line");
    if (words[1] != kNone) REGISTRE_RETURN_IF_ERROR(CheckDefined(words[1]));
    policy_.quorum = std::string(words[1]);
    return absl::OkStatus();
  }

  absl::StatusOr<VerifierKey> ReadKey(std::string_view text, KeyUse use) {
    absl::StatusOr<VerifierKey> key = ParseVerifierKey(text);
    if (!key.ok()) return absl::InvalidArgumentError(key.status().message());
    if (key->use == use) return key;
    return absl::InvalidArgumentError(use == KeyUse::kLog
                                          ? "the key is that of a witness, not of a log"
                                          : "the key is that of a log, not of a witness");
  }

  absl::Status Define(std::string_view name) {
    if (name == kNone) return absl::InvalidArgumentError("the name none is reserved");
    if (names_.insert(std::string(name)).second) return absl::OkStatus();
    return absl::InvalidArgumentError(fmt::format("the name {} is taken", Quoted(name)));
  }

  absl::Status CheckDefined(std::string_view name) {
    if (names_.count(std::string(name)) != 0) return absl::OkStatus();
    return absl::InvalidArgumentError(
        fmt::format("{} is no witness and no group of a line above", Quoted(name)));
  }

  static absl::Status TooMany(std::string_view what) {
    return absl::InvalidArgumentError(fmt::format("more than {} {}", kMaxTrustPolicyLines, what));
  }

  TrustPolicy policy_;
  std::set<std::string> names_;    // of witnesses and groups
  std::set<std::string> members_;  // of any group
};

absl::Status PolicyInvalid(std::string why) {
  return Error(absl::StatusCode::kInvalidArgument, "TRUST_POLICY_INVALID",
               "the trust policy is malformed: " + std::move(why));
}

// Tab, line feed, and what is no control character of ASCII.
bool IsPolicyOctet(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return c == '\t' || c == '\n' || (octet >= 0x20 && octet != 0x7F);
}

// Whether the witnesses that cosigned are a quorum. Members stand above their group.
bool IsQuorum(const TrustPolicy& policy, std::set<std::string> witnessed) {
  if (policy.asks_nobody()) return true;
  for (const TrustPolicy::Group& group : policy.groups) {
    size_t count = 0;
    for (const std::string& member : group.members) count += witnessed.count(member);
    if (count >= group.threshold) witnessed.insert(group.name);
  }
  return witnessed.count(policy.quorum) != 0;
}

// Whether a log of the policy, named as the origin, signed. SIGNATURE_INVALID for any known key.
absl::StatusOr<bool> IsSignedByLog(const Note& note, const std::string& origin,
                                   const TrustPolicy& policy) {
  bool is_signed = false;
  for (const TrustPolicy::Log& log : policy.logs) {
    const absl::StatusOr<bool> by_this = IsSignedBy(note, log.key);
    if (!by_this.ok()) return by_this;
    is_signed |= *by_this && log.key.name == origin;
  }
  return is_signed;
}

// Keys in a message, as a verifier key begins: name+id. Many are cut short.
class KeyList {
 public:
  void Add(std::string_view name, uint32_t id) {
    if (text_.size() > 300) {
      is_cut_ = true;
      return;
    }
    text_ += fmt::format("{}{}+{:08x}", text_.empty() ? "" : ", ", FirstBytes(name, 200), id);
  }
  std::string Text() const { return text_.empty() ? "none" : text_ + (is_cut_ ? ", ..." : ""); }

 private:
  std::string text_;
  bool is_cut_ = false;
};

absl::Status LogUnknown(const std::string& origin, const Note& note, const TrustPolicy& policy) {
  KeyList found;
  for (const NoteSignature& line : note.signatures) found.Add(line.name, line.key_id);
  KeyList trusted;
  for (const TrustPolicy::Log& log : policy.logs) trusted.Add(log.key.name, log.key.id());
  return Error(absl::StatusCode::kInvalidArgument, "LOG_UNKNOWN",
               fmt::format("the checkpoint of {} bears no signature of a key that you trust for "
                           "it; it is signed by: {}; you trust: {}",
                           FirstBytes(origin, 200), found.Text(), trusted.Text()),
               {{"origin", std::string(FirstBytes(origin, 200))}});
}

}  // namespace

TrustPolicy TrustPolicy::OfKeys(std::vector<VerifierKey> log_keys) {
  TrustPolicy policy;
  for (VerifierKey& key : log_keys) policy.logs.push_back({.key = std::move(key), .url = {}});
  policy.quorum = std::string(kNone);
  return policy;
}

absl::StatusOr<TrustPolicy> ParseTrustPolicy(std::string_view text) {
  if (text.size() > kMaxTrustPolicyBytes) {
    return PolicyInvalid(
        fmt::format("{} bytes are more than {}", text.size(), kMaxTrustPolicyBytes));
  }
  PolicyReader reader;
  for (size_t number = 1; !text.empty(); ++number) {
    const std::optional<std::string_view> line = TakeLine(&text);
    if (!line) {
      return PolicyInvalid(fmt::format("line {} does not end in a line feed", number));
    }
    if (!std::all_of(line->begin(), line->end(), IsPolicyOctet)) {
      return PolicyInvalid(
          fmt::format("line {} holds a control character; only tabs are allowed", number));
    }
    if (const absl::Status status = reader.Read(*line); !status.ok()) {
      return PolicyInvalid(fmt::format("line {}: {}", number, std::string(status.message())));
    }
  }
  if (!reader.has_quorum()) {
    return PolicyInvalid("it has no quorum line; `quorum none` asks for no witness");
  }
  return reader.Take();
}

absl::StatusOr<TrustedCheckpoint> VerifyCheckpoint(std::string_view note,
                                                   const TrustPolicy& policy) {
  absl::StatusOr<Note> parsed = ParseNote(note);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(parsed->text);
  if (!checkpoint.ok()) return checkpoint.status();
  TrustedCheckpoint trusted{*std::move(checkpoint), *std::move(parsed), {}};
  const std::string& origin = trusted.checkpoint.origin;

  const absl::StatusOr<bool> by_log = IsSignedByLog(trusted.note, origin, policy);
  if (!by_log.ok()) return by_log.status();
  if (!*by_log) return LogUnknown(origin, trusted.note, policy);
  std::set<std::string> witnessed;
  std::string names;
  for (const TrustPolicy::Witness& witness : policy.witnesses) {
    const absl::StatusOr<std::optional<absl::Time>> time = CosignedAt(trusted.note, witness.key);
    if (!time.ok()) return time.status();
    if (!time->has_value()) continue;
    trusted.cosigned.push_back({.witness = witness.name, .time = **time});
    witnessed.insert(witness.name);
    names += (names.empty() ? "" : ", ") + witness.name;
  }
  if (IsQuorum(policy, std::move(witnessed))) return trusted;
  return Error(
      absl::StatusCode::kInvalidArgument, "QUORUM_MISSING",
      fmt::format("the checkpoint of {} events has not the cosignatures that the policy asks for "
                  "(quorum {}); of its witnesses cosigned: {}",
                  trusted.checkpoint.size, Quoted(policy.quorum), names.empty() ? "none" : names),
      {{"cosigned", names}});
}

std::vector<VerifierKey> SignersOf(const TrustedCheckpoint& trusted, const TrustPolicy& policy) {
  std::vector<VerifierKey> signers;
  for (const TrustPolicy::Log& log : policy.logs) {
    if (log.key.name != trusted.checkpoint.origin) continue;
    const absl::StatusOr<bool> is_signed = IsSignedBy(trusted.note, log.key);
    if (is_signed.ok() && *is_signed) signers.push_back(log.key);
  }
  return signers;
}

}  // namespace registre
