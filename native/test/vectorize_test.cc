// Terms and vectors of terms: answers by hand, and any bytes at all within heap copies of exactly their size.
#include "ops/vectorize.h"

#include <random>
#include <string>

#include "test/check.h"
#include "test/text_calls.h"

namespace {

using namespace skewless;
using namespace skewless::ops;
using test::int64_param;
using test::utf8_param;

Terms terms(const char* analyzer, int64_t min_length, int64_t min_n, int64_t max_n,
            std::vector<std::string> stop_words = {}) {
  Terms op;
  CHECK(test::init(op, {utf8_param("analyzer", analyzer), int64_param("minLength", min_length),
                        int64_param("minN", min_n), int64_param("maxN", max_n),
                        {"stopWords", ParamKind::kUtf8List, {}, {}, stop_words}}) == nullptr);
  return op;
}

std::string run(const Terms& op, std::string_view x) { return test::run_with(op, x); }

void test_words() {
  CHECK(run(terms("word", 2, 1, 1), "It's a-b to_be 42, \xC3\xA9\xC3\xA8!") == "[It|to_be|42|\xC3\xA9\xC3\xA8]");
  CHECK(run(terms("word", 1, 1, 1), "a b") == "[a|b]");
  CHECK(run(terms("word", 1, 2, 3), "a b c") == "[a b|b c|a b c]");
  CHECK(run(terms("word", 1, 1, 64), "a b") == "[a|b|a b]");
  CHECK(run(terms("word", 1, 3, 3), "a b") == "[]" && run(terms("word", 1, 1, 2), "") == "[]");
  CHECK(run(terms("word", 1, 1, 2, {"b"}), "a b c") == "[a|c|a c]");
  // A combining accent and a white space of Unicode part words; a digit of another script does not.
  CHECK(run(terms("word", 1, 1, 1), "e\xCC\x81x") == "[e|x]" && run(terms("word", 1, 1, 1), "\xD9\xA1z") == "[\xD9\xA1z]");
  CHECK(run(terms("space", 1, 1, 1), " a-b\x1F" "c\xC2\x85" "d\xE3\x80\x80") == "[a-b|c|d]");
}

void test_characters() {
  CHECK(run(terms("char", 1, 2, 3), "abc") == "[ab|bc|abc]" && run(terms("char", 1, 2, 3), "a") == "[]");
  CHECK(run(terms("char", 1, 1, 1), "a\n\n\xC3\xA9\t") == "[a| |\xC3\xA9|\t]");
  CHECK(run(terms("char_wb", 1, 2, 4), "ab c") == "[ a|ab|b | ab|ab | ab | c|c | c ]");
  CHECK(run(terms("char_wb", 1, 5, 9), "ab") == "[ ab ]" && run(terms("char_wb", 1, 1, 9), " ") == "[]");
}

void test_bad_parameters() {
  Terms op;
  const auto wrong = [&](const char* analyzer, int64_t least, int64_t min_n, int64_t max_n) {
    return test::init(op, {utf8_param("analyzer", analyzer), int64_param("minLength", least),
                           int64_param("minN", min_n), int64_param("maxN", max_n)}) != nullptr;
  };
  CHECK(wrong("words", 1, 1, 1) && wrong("", 1, 1, 1) && wrong("word", 0, 1, 1) && wrong("word", 1, 0, 1));
  CHECK(wrong("word", 1, 2, 1) && wrong("word", 1, 1, 65) && wrong("word", 1, INT64_MIN, INT64_MAX));
  HashVector hashed;
  for (const int64_t size : {int64_t{0}, int64_t{-1}, INT64_MIN, INT64_MAX, (int64_t{1} << 20) + 1})
    CHECK(test::init(hashed, {int64_param("nFeatures", size), utf8_param("norm", "none")}) != nullptr);
  CHECK(test::init(hashed, {int64_param("nFeatures", 4), utf8_param("norm", "max")}) != nullptr);
  TermVector<StringView> vector;
  const auto weighted = [&](std::vector<double> weights) {
    return test::init(vector, {{"vocabulary", ParamKind::kUtf8List, {}, {}, {"a", "b"}},
                               {"weights", ParamKind::kFloat64List, {}, weights, {}}, utf8_param("norm", "none")});
  };
  CHECK(weighted({}) == nullptr && weighted({1, 2}) == nullptr && weighted({1}) != nullptr);
  CHECK(weighted({1, std::nan("")}) != nullptr && weighted({1, 1 / 0.0}) != nullptr);
}

// Texts that are not UTF-8 give some answer, and nothing is read or written out of bounds.
void test_any_bytes() {
  std::mt19937 random(7);
  const Terms all[] = {terms("word", 1, 1, 3), terms("space", 2, 2, 5, {"a"}), terms("char", 1, 1, 4),
                       terms("char_wb", 1, 2, 6)};
  const char pieces[] = "ab \n\t\x1C\xC3\xA9\xE2\x80\x83\xF0\x9F\x98\x80\xC2\x85\xE3\x80\x80\xFF\xF4";
  HashVector hashed;
  CHECK(test::init(hashed, {int64_param("nFeatures", 5), int64_param("alternateSign", 1), utf8_param("norm", "l2")}) == nullptr);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    const size_t length = random() % 24;
    while (text.size() < length) text += pieces[random() % (sizeof pieces - 1)];
    const test::HeapText held(text);
    for (const Terms& op : all) {
      Arena arena;
      ListView<StringView> list{};
      CHECK(op.call(list, arena, held.view()) == Outcome::kOk);
      StringView packed{};
      ListView<double> vector{};
      CHECK(Pack<StringView>{}.call(packed, arena, list) == Outcome::kOk);
      CHECK(hashed.call(vector, arena, list) == Outcome::kOk && vector.length == 5);
      ListView<StringView> longer{};
      CHECK(Append<StringView>{}.callNullable(longer, arena, {true, list}, {i % 2 == 0, held.view()}) == Outcome::kOk);
      CHECK(longer.length == list.length + 1 && longer.is_valid(list.length) == (i % 2 == 0));
    }
  }
}

}  // namespace

int main() {
  test_words();
  test_characters();
  test_bad_parameters();
  test_any_bytes();
  return test::finish("vectorize");
}
