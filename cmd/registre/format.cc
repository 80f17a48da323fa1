#include "cmd/registre/format.h"

#include <fmt/format.h>

#include "ledger/base/date.h"

namespace registre::cli {

std::string DateText(const v1::Date& date) {
  return ToDaysOrAlways(date) == kAlways ? "" : FormatDate(date);
}

std::string PeriodText(const v1::Period& period) {
  if (!period.has_start() && !period.has_end()) return "";
  return fmt::format("{} – {}", DateText(period.start()), DateText(period.end()));
}

std::string DeliberationText(const v1::DeliberationRef& ref) {
  if (!ref.has_before_opening()) return ref.number();
  return fmt::format("{} du {} (avant l'ouverture du registre)", ref.before_opening().number(),
                     DateText(ref.before_opening().date()));
}

std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return out;
}

std::string Count(int64_t count, std::string_view one, std::string_view many) {
  if (count >= -1 && count <= 1) return fmt::format("{} {}", count, one);
  return many.empty() ? fmt::format("{} {}s", count, one) : fmt::format("{} {}", count, many);
}

std::string PositionText(std::optional<uint64_t> position, const v1::AsOf& as_of,
                         std::string_view instant) {
  std::string text =
      position ? fmt::format("à la position #{}", *position) : "le registre est vide";
  if (as_of.known_at_case() == v1::AsOf::kPosition) {
    text += fmt::format(", connu à #{}", as_of.position());
  } else if (as_of.known_at_case() == v1::AsOf::kInstant) {
    text += fmt::format(", connu au {}", instant);
  }
  if (as_of.has_effective_on()) {
    text += fmt::format(", en vigueur au {}", DateText(as_of.effective_on()));
  }
  return text;
}

}  // namespace registre::cli
