// Events as text, by the schema that they are read by: what a bundle's summary is made of, and
// checked by (deploy/BUNDLE.md). Mechanical: it knows fields, not acts. Pure; any thread.
#ifndef REGISTRE_LEDGER_SUMMARY_H_
#define REGISTRE_LEDGER_SUMMARY_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace registre {

// A schema that is not this program's: a serialized FileDescriptorSet that holds
// registre/v1/event.proto and all that it imports. Immutable; any thread.
class EventSchema {
 public:
  // INVALID_ARGUMENT (SCHEMA_INVALID) when it is none.
  static absl::StatusOr<std::unique_ptr<EventSchema>> Parse(std::string_view descriptors);
  ~EventSchema();
  EventSchema(const EventSchema&) = delete;
  EventSchema& operator=(const EventSchema&) = delete;

  // The event as its schema reads it; it lives no longer than the schema. INVALID_ARGUMENT
  // (EVENT_MALFORMED) when the bytes are none, or hold what CheckReadable refuses.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Read(std::string_view event) const;

 private:
  struct Pool;
  explicit EventSchema(std::unique_ptr<Pool> pool);
  const std::unique_ptr<Pool> pool_;
};

// That all of a message can be read by its schema and said in text: no unknown field, no string
// that is not UTF-8, no map, group, float or double, no instant out of the years 1 to 9999.
// INVALID_ARGUMENT (EVENT_MALFORMED), with the field.
[[nodiscard]] absl::Status CheckReadable(const google::protobuf::Message& message);

// An event (registre.v1.Event of any schema, which CheckReadable accepts) as lines: the first with
// its position, time and act, one more for each value.
std::string DescribeEvent(const google::protobuf::Message& event, bool after_seal);

// An instant as the summary has it: RFC 3339 in UTC, with nine digits of nanoseconds unless 0.
std::string SummaryInstant(int64_t seconds, int32_t nanos);

}  // namespace registre

#endif  // REGISTRE_LEDGER_SUMMARY_H_
