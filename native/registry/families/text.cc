#include "exec/kernels.h"
#include "ops/net.h"
#include "ops/text.h"
#include "ops/text_case.h"
#include "ops/text_parse.h"
#include "ops/text_search.h"
#include "ops/text_similarity.h"
#include "registry/catalogue.h"

namespace skewless {

void register_text(Catalogue& catalogue) {
  register_functions(ops::TextFunctions{}, "text", catalogue);
  register_functions(ops::TextCaseFunctions{}, "text", catalogue);
  register_functions(ops::TextSearchFunctions{}, "text", catalogue);
  register_functions(ops::TextSimilarityFunctions{}, "text", catalogue);
  register_functions(ops::TextParseFunctions{}, "text", catalogue);
  register_functions(ops::NetFunctions{}, "text", catalogue);
}

}  // namespace skewless
