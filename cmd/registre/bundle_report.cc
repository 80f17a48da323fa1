#include "cmd/registre/bundle_report.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "cmd/registre/table.h"
#include "cmd/registre/trust.h"
#include "projections/fold.h"

namespace registre::cli {
namespace {

using ReportLines = std::vector<std::pair<std::string, std::string>>;

std::string CountedEvents(uint64_t count) {
  return count == 1 ? "1 event" : fmt::format("{} events", count);
}

void AddCompleteness(const VerifiedBundle& verified, ReportLines* lines) {
  const std::string seal = fmt::format(
      "position #{}, as the authority sealed at #{} on {} by its clock", verified.through_position,
      verified.seal_position, InstantText(verified.sealed_at));
  if (verified.sealed_events > 0) {
    lines->emplace_back("Intact", fmt::format("{}, each byte for byte as it stands in the log",
                                              CountedEvents(verified.events.size())));
    lines->emplace_back("Complete", fmt::format("{} are all that there were through {}",
                                                CountedEvents(verified.sealed_events), seal));
  } else {
    lines->emplace_back("Absent", fmt::format("there was no event of it through {}", seal));
  }
  const uint64_t after = verified.events.size() - verified.sealed_events;
  if (after > 0) {
    lines->emplace_back("After the seal",
                        fmt::format("{}: intact and without a hole, but nothing says that it is "
                                    "the last",
                                    CountedEvents(after)));
  }
}

void AddStamps(const VerifiedBundle& verified, ReportLines* lines) {
  for (const absl::Time time : verified.stamped) {
    lines->emplace_back(
        "Existed on",
        fmt::format("{}, by a time stamp of an authority that you trust", InstantText(time)));
  }
  if (!verified.stamped.empty()) return;
  lines->emplace_back("Existed on",
                      verified.stamps == 0
                          ? "not proven: it holds no time stamp"
                          : fmt::format("not looked into: --tsa-ca says whose time stamps to trust "
                                        "({} in it)",
                                        verified.stamps));
}

}  // namespace

void PrintBundleReport(const VerifiedBundle& verified, const TrustPolicy& policy,
                       Console& console) {
  ReportLines lines;
  lines.emplace_back("History of", verified.tag);
  AddCompleteness(verified, &lines);
  AddStamps(verified, &lines);
  if (!verified.same_schema) {
    lines.emplace_back("Read by", verified.known_schema
                                      ? "the schema of another version, which this program knows"
                                      : "a schema that this program does not know, and that "
                                        "--schema-digest accepts");
  }
  const ReportLines checkpoint = DescribeCheckpoint(verified.trusted, policy);
  lines.insert(lines.end(), checkpoint.begin(), checkpoint.end());
  PrintPairs(console.out, console.width, lines);
}

std::string AttestationText(const VerifiedBundle& verified) {
  const auto counted = [](size_t count, const char* noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
  };
  const size_t cosignatures = CosignaturesIn(verified.trusted.note);
  return fmt::format(
      "checkpoint of {}, {}, {}", CountedEvents(verified.trusted.checkpoint.size),
      cosignatures == 0 ? "not cosigned" : counted(cosignatures, "cosignature"),
      verified.stamps == 0 ? "not stamped yet" : counted(verified.stamps, "time stamp"));
}

google::protobuf::Struct BundleJson(const VerifiedBundle& verified, const TrustPolicy& policy) {
  google::protobuf::Struct json;
  auto& fields = *json.mutable_fields();
  const auto set_number = [&](const char* name, uint64_t value) {
    fields[name].set_string_value(fmt::format("{}", value));
  };
  fields["verified"].set_bool_value(true);
  fields["tag"].set_string_value(verified.tag);
  set_number("events", verified.events.size());
  set_number("sealed_events", verified.sealed_events);
  set_number("through_position", verified.through_position);
  set_number("seal_position", verified.seal_position);
  fields["sealed_at"].set_string_value(RfcInstant(verified.sealed_at));
  set_number("stamps", verified.stamps);
  auto& stamped = *fields["stamped_at"].mutable_list_value();
  for (const absl::Time time : verified.stamped) {
    stamped.add_values()->set_string_value(RfcInstant(time));
  }
  fields["same_schema"].set_bool_value(verified.same_schema);
  fields["known_schema"].set_bool_value(verified.known_schema);
  set_number("cosignatures", CosignaturesIn(verified.trusted.note));
  DescribeCheckpoint(verified.trusted, policy, &json);
  return json;
}

std::optional<v1::Convention> ConventionOf(const VerifiedBundle& verified) {
  v1::Row row;
  for (const v1::Event& event : verified.events) {
    Fold(Direction::kApply, event, verified.tag, &row);
  }
  if (!row.has_convention() || row.convention().number().empty()) return std::nullopt;
  return std::move(*row.mutable_convention());
}

}  // namespace registre::cli
