#include "ledger/acts/law.h"

namespace registre {
namespace {

// 20230918: dates compare as numbers.
constexpr int32_t kOpenEnd = 99991231;

int32_t Ymd(const v1::Date& date) { return date.year() * 10000 + date.month() * 100 + date.day(); }

struct AttendanceRow {
  v1::Body body;  // BODY_UNSPECIFIED: every body
  int32_t from;
  int32_t to;  // inclusive
  AttendanceLaw law;
};

// The first row that fits holds. The health-emergency periods derogate from the CGCT for every
// body; between them, and from 1 August 2022 on, the CGCT holds again.
constexpr AttendanceRow kAttendance[] = {
    // Art. 10 gives a third and two proxies from its publication; ordonnance 2020-391 counted the
    // represented as well (its dates: from memory), until art. 10 was written anew.
    {v1::BODY_UNSPECIFIED,
     20200324,
     20200710,
     {QuorumBase::kPresentOrRepresented, QuorumShare::kThird, 2,
      "loi 2020-290 art. 10, ordonnance 2020-391 art. 2", "loi 2020-290 art. 10"}},
    // Art. 10 as in force from 11 July 2020: a third present, until 30 August 2020.
    {v1::BODY_UNSPECIFIED,
     20200711,
     20200830,
     {QuorumBase::kPresent, QuorumShare::kThird, 2, "loi 2020-290 art. 10",
      "loi 2020-290 art. 10"}},
    // From the second state of emergency; its first weeks rest on art. 10 of loi 2020-290, which is
    // disputed. Loi 2021-689 art. 8 ends it.
    {v1::BODY_UNSPECIFIED,
     20201017,
     20210930,
     {QuorumBase::kPresent, QuorumShare::kThird, 2, "loi 2020-1379 art. 6",
      "loi 2020-1379 art. 6"}},
    {v1::BODY_UNSPECIFIED,
     20211110,
     20220731,
     {QuorumBase::kPresent, QuorumShare::kThird, 2, "loi 2021-1465 art. 10",
      "loi 2021-1465 art. 10"}},

    {v1::BODY_COMMISSION_PERMANENTE,
     0,
     kOpenEnd,
     {QuorumBase::kPresentOrRepresented, QuorumShare::kMajority, 1, "CGCT L.3121-14-1",
      "CGCT L.3121-16"}},
    {v1::BODY_CONSEIL_DEPARTEMENTAL,
     0,
     kOpenEnd,
     {QuorumBase::kPresent, QuorumShare::kMajority, 1, "CGCT L.3121-14", "CGCT L.3121-16"}},
    // From memory, as is one proxy a holder (L.2121-20).
    {v1::BODY_CONSEIL_MUNICIPAL,
     0,
     kOpenEnd,
     {QuorumBase::kPresent, QuorumShare::kMajority, 1, "CGCT L.2121-17", "CGCT L.2121-20"}},
};

// Loi 2025-1249 of 22 December 2025, art. 32 (CGCT L.2131-11, L.3132-5): a deliberation in which an
// interested member "took part" is unlawful. In force the day after its publication: from memory.
constexpr int32_t kRecusedTakesNoPartFrom = 20251224;

// Loi 2000-321 art. 10-1 and décret 2021-1947, in force on 2 January 2022.
constexpr int32_t kPledgeFrom = 20220102;

}  // namespace

AttendanceLaw AttendanceLawOf(v1::Body body, const v1::Date& date) {
  const int32_t on = Ymd(date);
  for (const AttendanceRow& row : kAttendance) {
    if (row.body != v1::BODY_UNSPECIFIED && row.body != body) continue;
    if (on >= row.from && on <= row.to) return row.law;
  }
  return AttendanceLaw();
}

int32_t FewestForQuorum(QuorumShare share, int32_t members) {
  return share == QuorumShare::kThird ? members / 3 + (members % 3 == 0 ? 0 : 1) : members / 2 + 1;
}

bool RecusedTakesNoPart(const v1::Date& date) { return Ymd(date) >= kRecusedTakesNoPartFrom; }

bool PledgeRequired(const v1::Date& date) { return Ymd(date) >= kPledgeFrom; }

}  // namespace registre
