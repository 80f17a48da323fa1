// Articles of a deliberation against its allotments: every sum is said twice, and must agree.
#include <fmt/format.h>

#include "absl/container/btree_map.h"
#include "ledger/acts/checks.h"
#include "ledger/acts/deliberation.h"

namespace registre {
namespace {

// Amounts by a code or a number.
using Sums = absl::btree_map<std::string, int64_t>;

int64_t SumOf(const Sums& sums, const std::string& key) {
  const auto it = sums.find(key);
  return it == sums.end() ? 0 : it->second;
}

absl::Status CheckIds(const v1::DeliberationVoted& act) {
  std::vector<std::string_view> articles;
  for (const v1::Article& article : act.articles()) articles.push_back(article.number());
  REGISTRE_RETURN_IF_ERROR(CheckUnique("article", articles));
  std::vector<std::string_view> allotments;
  for (const v1::Allotment& allotment : act.allotments()) {
    allotments.push_back(allotment.allotment_id());
  }
  return CheckUnique("allotment", allotments);
}

absl::Status CheckFinancing(const v1::DeliberationVoted& act) {
  absl::btree_map<std::string_view, const v1::Article*> financing;
  for (const v1::Article& article : act.articles()) {
    if (article.kind() == v1::ARTICLE_KIND_FINANCING) {
      financing.emplace(article.number(), &article);
    } else if (article.amount_cents() != 0) {
      return Refused("ARTICLE_TOTAL",
                     fmt::format("article {} finances nothing and gives {}: only a financing "
                                 "article has an amount, the others point to its allotments; leave "
                                 "the amount out, or correct the kind",
                                 article.number(), Eur(article.amount_cents())),
                     {{"article", article.number()}});
    }
  }
  Sums allotted;
  for (const v1::Allotment& allotment : act.allotments()) {
    const auto article = financing.find(allotment.article());
    if (article == financing.end()) {
      return Refused(
          "ARTICLE_TOTAL",
          fmt::format("allotment {} stands under article {}, which is no financing article "
                      "of the deliberation; name the article that finances it",
                      allotment.allotment_id(), allotment.article()),
          {{"allotment_id", allotment.allotment_id()}, {"article", allotment.article()}});
    }
    const std::string& thematic = article->second->thematic();
    if (!thematic.empty() && !allotment.thematic().empty() && thematic != allotment.thematic()) {
      return Refused(
          "CALL_UNKNOWN_OPERATION",
          fmt::format("allotment {} is of thematic {} and stands under article {}, which "
                      "finances thematic {}; correct the thematic or the article",
                      allotment.allotment_id(), allotment.thematic(), allotment.article(),
                      thematic),
          {{"allotment_id", allotment.allotment_id()}, {"article", allotment.article()}});
    }
    REGISTRE_RETURN_IF_ERROR(AddAmount(fmt::format("allotments of article {}", allotment.article()),
                                       allotment.amount_cents(), &allotted[allotment.article()]));
  }
  for (const v1::Article& article : act.articles()) {
    if (article.kind() != v1::ARTICLE_KIND_FINANCING) continue;
    const int64_t sum = SumOf(allotted, article.number());
    if (sum == article.amount_cents()) continue;
    return Refused(
        "ARTICLE_TOTAL",
        fmt::format("article {} finances {}, its allotments make {}, {} apart; correct the "
                    "amounts",
                    article.number(), Eur(article.amount_cents()), Eur(sum),
                    Eur(article.amount_cents() - sum)),
        {{"article", article.number()},
         {"amount_cents", std::to_string(article.amount_cents())},
         {"allotted_cents", std::to_string(sum)}});
  }
  return absl::OkStatus();
}

absl::Status CheckImputations(const v1::DeliberationVoted& act) {
  bool imputes = false;
  Sums imputed;
  for (const v1::Article& article : act.articles()) {
    if (article.kind() != v1::ARTICLE_KIND_IMPUTATION) continue;
    imputes = true;
    for (const v1::Imputation& line : article.imputations()) {
      REGISTRE_RETURN_IF_ERROR(AddAmount(fmt::format("expense on line {}", line.code()),
                                         line.expense_cents(), &imputed[line.code()]));
    }
  }
  if (!imputes) return absl::OkStatus();
  Sums allotted;
  for (const v1::Allotment& allotment : act.allotments()) {
    REGISTRE_RETURN_IF_ERROR(
        AddAmount(fmt::format("allotments on line {}", allotment.budget_code()),
                  allotment.amount_cents(), &allotted[allotment.budget_code()]));
    imputed.try_emplace(allotment.budget_code(), 0);
  }
  for (const auto& [code, expense] : imputed) {
    const int64_t sum = SumOf(allotted, code);
    if (sum == expense) continue;
    return Refused("ARTICLE_TOTAL",
                   fmt::format("{} are imputed on line {}, the allotments on it make {}, {} apart; "
                               "correct the amounts or the lines",
                               Eur(expense), code, Eur(sum), Eur(expense - sum)),
                   {{"budget_code", code},
                    {"expense_cents", std::to_string(expense)},
                    {"allotted_cents", std::to_string(sum)}});
  }
  return absl::OkStatus();
}

std::string Join(const google::protobuf::RepeatedPtrField<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) out += fmt::format("{}{}", out.empty() ? "" : ", ", id);
  return out;
}

// The same amount reads as authorised by one article and allotted by another: it is counted once.
absl::Status CheckAuthorisations(const RuleContext& context, const v1::DeliberationVoted& act) {
  Sums amounts;
  for (const v1::Allotment& allotment : act.allotments()) {
    amounts[allotment.allotment_id()] = allotment.amount_cents();
  }
  for (const v1::Article& article : act.articles()) {
    int64_t sum = 0;
    for (const std::string& id : article.allotment_ids()) {
      if (!amounts.contains(id)) {
        return Refused(
            "ARTICLE_TOTAL",
            fmt::format("article {} points to allotment {}, which the deliberation does not "
                        "have; name one of its allotments",
                        article.number(), id),
            {{"article", article.number()}, {"allotment_id", id}});
      }
      REGISTRE_RETURN_IF_ERROR(AddAmount("allotments of an article", SumOf(amounts, id), &sum));
    }
    if (article.kind() != v1::ARTICLE_KIND_AUTHORISATION || article.allotment_ids().empty()) {
      continue;
    }
    context.Flag(
        "ALLOTMENT_TWICE", v1::SEVERITY_INFORMATION, article.number(),
        fmt::format("L'article {} autorise la signature pour {} ({}), déjà attribués par un "
                    "autre article : comptés une fois.",
                    article.number(), Euros(sum), Join(article.allotment_ids())));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status JudgeArticles(const RuleContext& context, const v1::DeliberationVoted& act) {
  REGISTRE_RETURN_IF_ERROR(CheckIds(act));
  REGISTRE_RETURN_IF_ERROR(CheckFinancing(act));
  REGISTRE_RETURN_IF_ERROR(CheckImputations(act));
  return CheckAuthorisations(context, act);
}

}  // namespace registre
