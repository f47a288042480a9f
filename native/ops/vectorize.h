// Text as terms and terms as dense vectors: what the vectorizers, the feature hasher and the binarizer of
// label lists are lowered to. The rules are those of scikit-learn's sklearn.feature_extraction.text.
#pragma once
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "core/hash.h"
#include "core/lanes.h"
#include "core/math/math.h"
#include "core/text_build.h"
#include "core/unicode_words.gen.h"
#include "core/utf8.h"
#include "ops/lookup.h"
#include "ops/order.h"
#include "ops/text_search.h"
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

// A letter, number or underscore: what Python's \w matches.
SK_INLINE bool is_word_character(uint32_t c) {
  if (c >= unicode::kWordTableEnd) return false;
  const uint64_t* const block = unicode::kWordBlocks[unicode::kWordStage1[c >> 8]];
  return (block[(c >> 6) & 3] >> (c & 63)) & 1;
}

// White space as Python's str.isspace: unlike ECMAScript's with U+001C to U+001F and U+0085, without U+FEFF.
SK_INLINE bool is_python_space(uint32_t c) {
  if (SK_LIKELY(c < 0x80)) return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

// Calls take(token) for each longest run of characters of a kind that has at least `least` of them.
template <class IsPart, class Take>
SK_INLINE void for_each_run(StringView x, int64_t least, IsPart is_part, Take take) {
  const uint8_t* p = x.bytes();
  const uint8_t* const end = p + x.size;
  const uint8_t* begin = p;
  int64_t length = 0;
  while (p != end) {
    const uint8_t* const at = p;
    if (is_part(utf8::decode(p, end))) {
      if (length++ == 0) begin = at;
      continue;
    }
    if (length >= least && length > 0) take(utf8::view(begin, at));
    length = 0;
  }
  if (length >= least && length > 0) take(utf8::view(begin, end));
}

struct Terms {
  static constexpr Doc doc{
      "terms", "x",
      "The terms of a text, as scikit-learn's CountVectorizer takes them. \"word\": tokens are the longest runs of "
      "letters, numbers and underscores (Unicode 17) of at least minLength characters; \"space\": the longest runs "
      "without Python's white space. Those among stopWords are left out, and the terms are the sequences of minN to "
      "maxN tokens, joined by a space. \"char\": the substrings of minN to maxN code points, after two or more white "
      "spaces have become one space. \"char_wb\": the same within each token of \"space\" between two spaces, which "
      "is itself its only and last term once n reaches its length. Shorter terms come first. Fails with TOO_LARGE "
      "above 2^31 - 1 bytes or terms.",
      "[\"to be, or not\"] {\"analyzer\":\"word\",\"minLength\":2,\"minN\":1,\"maxN\":2,\"stopWords\":[\"or\"]} -> "
      "[\"to\", \"be\", \"not\", \"to be\", \"be not\"]; "
      "[\"a b\"] {\"analyzer\":\"space\",\"minLength\":1,\"minN\":1,\"maxN\":1,\"stopWords\":[]} -> [\"a\", \"b\"]; "
      "[\"ab \\n c\"] {\"analyzer\":\"char\",\"minLength\":1,\"minN\":3,\"maxN\":4,\"stopWords\":[]} -> "
      "[\"ab \", \"b c\", \"ab c\"]; "
      "[\"ab c\"] {\"analyzer\":\"char_wb\",\"minLength\":1,\"minN\":3,\"maxN\":4,\"stopWords\":[]} -> "
      "[\" ab\", \"ab \", \" ab \", \" c \"]"};
  static constexpr ParamSpec params[] = {
      {"analyzer", ParamKind::kUtf8, nullptr, "\"word\", \"space\", \"char\" or \"char_wb\"."},
      {"minLength", ParamKind::kInt64, nullptr, "Of tokens, in code points; from 1."},
      {"minN", ParamKind::kInt64, nullptr, "From 1."},
      {"maxN", ParamKind::kInt64, nullptr, "From minN to 64."},
      {"stopWords", ParamKind::kUtf8List, nullptr, "Tokens that are left out."}};
  static constexpr unsigned effects = kMayFail;
  enum class Analyzer { kWord, kSpace, kChar, kCharWithinWords };
  Analyzer analyzer = Analyzer::kWord;
  int64_t min_length = 1, min_n = 1, max_n = 1;
  bool stops = false;
  Lookup<StringView> stop_words;

  const char* init(const Params& p) {
    const std::string& name = p.utf8("analyzer");
    if (name == "word") analyzer = Analyzer::kWord;
    else if (name == "space") analyzer = Analyzer::kSpace;
    else if (name == "char") analyzer = Analyzer::kChar;
    else if (name == "char_wb") analyzer = Analyzer::kCharWithinWords;
    else return "analyzer must be \"word\", \"space\", \"char\" or \"char_wb\"";
    min_length = p.int64("minLength", 1);
    min_n = p.int64("minN", 1);
    max_n = p.int64("maxN", 1);
    if (min_length < 1) return "minLength must be at least 1";
    if (min_n < 1 || max_n < min_n || max_n > 64) return "minN and maxN must be 1 <= minN <= maxN <= 64";
    stops = !p.utf8s("stopWords").empty();
    return stop_words.init(p.utf8s("stopWords"), NanKeys::kEqual);
  }

  Outcome call(ListView<StringView>& out, Arena& arena, StringView x) const {
    switch (analyzer) {
      case Analyzer::kChar: return characters(out, arena, x);
      case Analyzer::kCharWithinWords: return characters_within_words(out, arena, x);
      default: return words(out, arena, x);
    }
  }

 private:
  template <class Take>
  SK_INLINE void for_each_token(StringView x, Take take) const {
    if (analyzer == Analyzer::kWord) {
      for_each_run(x, min_length, [](uint32_t c) { return is_word_character(c); }, take);
    } else {
      for_each_run(x, min_length, [](uint32_t c) { return !is_python_space(c); }, take);
    }
  }

  Outcome words(ListView<StringView>& out, Arena& arena, StringView x) const {
    int64_t capacity = 0;
    for_each_token(x, [&](StringView) { ++capacity; });
    StringView* tokens;
    const Outcome outcome = new_text_list(out, tokens, arena, capacity);
    if (outcome != Outcome::kOk) return outcome;
    int64_t count = 0;
    for_each_token(x, [&](StringView token) {
      tokens[count] = token;
      count += stops && stop_words.find(token) >= 0 ? 0 : 1;
    });
    out.length = count;
    if (max_n == 1) return Outcome::kOk;
    return sequences(out, arena, tokens, count);
  }

  // The sequences of min_n to max_n tokens. Texts of more than one token are written to the arena.
  Outcome sequences(ListView<StringView>& out, Arena& arena, const StringView* tokens, int64_t count) const {
    int64_t terms = 0, bytes = 0;
    for (int64_t n = min_n; n <= max_n && n <= count; ++n) {
      terms += count - n + 1;
      if (n == 1) continue;
      int64_t window = 0;
      for (int64_t i = 0; i < count; ++i) {
        window += tokens[i].size;
        if (i >= n) window -= tokens[i - n].size;
        if (i >= n - 1) bytes += window + n - 1;
      }
    }
    StringView* at;
    const Outcome outcome = new_text_list(out, at, arena, terms);
    if (outcome != Outcome::kOk) return outcome;
    if (bytes > utf8::kMaxSize) return Outcome::kTooLarge;
    uint8_t* text = arena.allocate_array<uint8_t>(static_cast<size_t>(bytes));
    if (text == nullptr) return Outcome::kOutOfMemory;
    for (int64_t n = min_n; n <= max_n && n <= count; ++n) {
      for (int64_t i = 0; i + n <= count; ++i) {
        if (n == 1) {
          *at++ = tokens[i];
          continue;
        }
        const uint8_t* const begin = text;
        text = append_text(text, tokens[i]);
        for (int64_t k = 1; k < n; ++k) {
          *text++ = ' ';
          text = append_text(text, tokens[i + k]);
        }
        *at++ = utf8::view(begin, text);
      }
    }
    return Outcome::kOk;
  }

  // x with each run of two or more white spaces as one space; x itself where there is none.
  static Outcome squeeze(StringView& out, Arena& arena, StringView x) {
    const uint8_t* const end = x.bytes() + x.size;
    bool before = false, found = false;
    for (const uint8_t* p = x.bytes(); p != end && !found;) {
      const bool space = is_python_space(utf8::decode(p, end));
      found = space && before;
      before = space;
    }
    out = x;
    if (!found) return Outcome::kOk;
    uint8_t* at;
    const Outcome outcome = new_text(out, at, arena, x.size);
    if (outcome != Outcome::kOk) return outcome;
    const uint8_t* const begin = at;
    for (const uint8_t* p = x.bytes(); p != end;) {
      const uint8_t* const first = p;
      if (!is_python_space(utf8::decode(p, end))) {
        at = append_bytes(at, first, p - first);
        continue;
      }
      const uint8_t* after = p;
      while (after != end) {
        const uint8_t* next = after;
        if (!is_python_space(utf8::decode(next, end))) break;
        after = next;
      }
      if (after == p) {
        at = append_bytes(at, first, p - first);
      } else {
        *at++ = ' ';
      }
      p = after;
    }
    out.size = at - begin;
    return Outcome::kOk;
  }

  Outcome characters(ListView<StringView>& out, Arena& arena, StringView x) const {
    StringView text;
    Outcome outcome = squeeze(text, arena, x);
    if (outcome != Outcome::kOk) return outcome;
    int64_t terms = 0;
    const int64_t length = utf8::count(text);
    for (int64_t n = min_n; n <= max_n && n <= length; ++n) terms += length - n + 1;
    StringView* at;
    outcome = new_text_list(out, at, arena, terms);
    if (outcome != Outcome::kOk) return outcome;
    for (int64_t n = min_n; n <= max_n && n <= length; ++n) {
      write_ngrams(at, length - n + 1, text, n);
      at += length - n + 1;
    }
    return Outcome::kOk;
  }

  // Terms of a token of `length` code points, the two spaces included.
  int64_t count_within(int64_t length) const {
    int64_t terms = 0;
    for (int64_t n = min_n; n <= max_n; ++n) {
      if (n >= length) return terms + 1;
      terms += length - n + 1;
    }
    return terms;
  }

  Outcome characters_within_words(ListView<StringView>& out, Arena& arena, StringView x) const {
    const auto solid = [](uint32_t c) { return !is_python_space(c); };
    int64_t tokens = 0, bytes = 1, terms = 0;
    for_each_run(x, 1, solid, [&](StringView token) {
      ++tokens;
      bytes += token.size + 1;
      terms += count_within(utf8::count(token) + 2);
    });
    // One text " a b c ": neighbours share the space between them.
    StringView padded;
    uint8_t* text;
    Outcome outcome = new_text(padded, text, arena, bytes);
    if (outcome != Outcome::kOk) return outcome;
    StringView* at;
    outcome = new_text_list(out, at, arena, terms);
    if (outcome != Outcome::kOk) return outcome;
    *text++ = ' ';
    for_each_run(x, 1, solid, [&](StringView token) {
      const uint8_t* const begin = text - 1;
      text = append_text(text, token);
      *text++ = ' ';
      const StringView word = utf8::view(begin, text);
      const int64_t length = utf8::count(word);
      for (int64_t n = min_n; n <= max_n; ++n) {
        if (n >= length) {
          *at++ = word;
          break;
        }
        write_ngrams(at, length - n + 1, word, n);
        at += length - n + 1;
      }
    });
    return Outcome::kOk;
  }
};

// What the two kinds of vectors share: a norm, and memory for the elements.
class DenseVector {
 public:
  enum class Norm { kNone, kL1, kL2 };

  const char* init_norm(const Params& p) {
    const std::string& name = p.utf8("norm");
    if (name == "l1") norm_ = Norm::kL1;
    else if (name == "l2") norm_ = Norm::kL2;
    else if (name == "none") norm_ = Norm::kNone;
    else return "norm must be \"l1\", \"l2\" or \"none\"";
    return nullptr;
  }

 protected:
  static Outcome zeros(ListView<double>& out, double*& at, Arena& arena, int64_t length) {
    at = arena.allocate_array<double>(static_cast<size_t>(length));
    if (SK_UNLIKELY(at == nullptr)) return Outcome::kOutOfMemory;
    if (length > 0) std::memset(at, 0, static_cast<size_t>(length) * sizeof(double));
    out = {at, nullptr, 0, length};
    return Outcome::kOk;
  }

  SK_INLINE void normalize(double* v, int64_t length) const {
    if (norm_ == Norm::kNone) return;
    const double size =
        norm_ == Norm::kL1
            ? lane_sum(length, [v](int64_t i) SK_INLINE_LAMBDA { return std::fabs(v[i]); })
            : math::sqrt(lane_sum(length, [v](int64_t i) SK_INLINE_LAMBDA { return v[i] * v[i]; }));
    if (size == 0) return;
    for (int64_t i = 0; i < length; ++i) v[i] = v[i] / size;
  }

 private:
  Norm norm_ = Norm::kNone;
};

constexpr int64_t kMaxVector = int64_t{1} << 20;

template <class T>
struct TermVector : DenseVector {
  static constexpr Doc doc{
      "termVector", "x",
      "How often each entry of the vocabulary is among the elements, in the vocabulary's order; null elements and "
      "those that are not in it are left out, and of equal entries the first counts. `binary` makes every count 1; "
      "then `sublinear` makes a count c above 0 log(c) + 1; then counts above 0 are multiplied by the entry's weight; "
      "then all are divided by the l1 norm (sum of absolute values) or the l2 norm (root of the sum of squares), "
      "unless it is 0. Sums are over the whole vector, in the fixed order of `sum`.",
      example_of<T>("[[5, 7, 5, null, 9]] {\"vocabulary\":[5,7,8],\"weights\":[],\"binary\":0,\"sublinear\":0,"
                    "\"norm\":\"none\"} -> [2, 1, 0]; "
                    "[[5, 5]] {\"vocabulary\":[5,7],\"weights\":[],\"binary\":1,\"sublinear\":0,\"norm\":\"none\"} -> "
                    "[1, 0]",
                    "[[\"b\", \"a\", \"b\", null, \"c\"]] {\"vocabulary\":[\"a\",\"b\"],\"weights\":[3,2],\"binary\":0,"
                    "\"sublinear\":0,\"norm\":\"l2\"} -> [0.6, 0.8]; "
                    "[[]] {\"vocabulary\":[\"a\"],\"weights\":[],\"binary\":0,\"sublinear\":0,\"norm\":\"l1\"} -> [0]")};
  static constexpr ParamSpec params[] = {
      {"vocabulary", list_kind<T>, nullptr, "The entries, at most 2^20."},
      {"weights", ParamKind::kFloat64List, nullptr, "A finite weight for each entry, or none."},
      {"binary", ParamKind::kInt64, nullptr, "1 or 0."},
      {"sublinear", ParamKind::kInt64, nullptr, "1 or 0."},
      {"norm", ParamKind::kUtf8, nullptr, "\"l1\", \"l2\" or \"none\"."}};
  static constexpr unsigned effects = kMayFail;
  Lookup<T> lookup;
  std::vector<double> weights;
  int64_t size = 0;
  bool binary = false, sublinear = false;

  const char* init(const Params& p) {
    const auto& vocabulary = list_of<T>(p, "vocabulary");
    weights = p.float64s("weights");
    if (static_cast<int64_t>(vocabulary.size()) > kMaxVector) return "vocabulary must have at most 2^20 entries";
    if (!weights.empty() && weights.size() != vocabulary.size()) return "weights must be as many as the vocabulary";
    for (const double w : weights)
      if (w - w != 0) return "weights must be finite";
    size = static_cast<int64_t>(vocabulary.size());
    binary = p.int64("binary", 0) != 0;
    sublinear = p.int64("sublinear", 0) != 0;
    const char* const wrong = init_norm(p);
    return wrong != nullptr ? wrong : lookup.init(vocabulary, NanKeys::kEqual);
  }

  Outcome call(ListView<double>& out, Arena& arena, ListView<T> x) const {
    double* v;
    const Outcome outcome = zeros(out, v, arena, size);
    if (SK_UNLIKELY(outcome != Outcome::kOk)) return outcome;
    for (int64_t i = 0; i < x.length; ++i) {
      if (!x.is_valid(i)) continue;
      const int64_t at = lookup.find(x.data[i]);
      if (at >= 0) v[at] = binary ? 1.0 : v[at] + 1.0;
    }
    if (sublinear) {
      for (int64_t i = 0; i < size; ++i)
        if (v[i] > 0) v[i] = math::log(v[i]) + 1.0;
    }
    if (!weights.empty()) {
      const double* const w = weights.data();
      for (int64_t i = 0; i < size; ++i)
        if (v[i] > 0) v[i] = v[i] * w[i];
    }
    normalize(v, size);
    return Outcome::kOk;
  }
};

class HashedVector : public DenseVector {
 public:
  static constexpr ParamSpec params[] = {
      {"nFeatures", ParamKind::kInt64, nullptr, "Length of the vector, from 1 to 2^20."},
      {"alternateSign", ParamKind::kInt64, nullptr, "1 or 0."},
      {"binary", ParamKind::kInt64, nullptr, "1 or 0."},
      {"norm", ParamKind::kUtf8, nullptr, "\"l1\", \"l2\" or \"none\"."}};
  static constexpr unsigned effects = kMayFail;

  const char* init(const Params& p) {
    size_ = p.int64("nFeatures", 0);
    if (size_ < 1 || size_ > kMaxVector) return "nFeatures must be from 1 to 1048576";
    alternate_sign_ = p.int64("alternateSign", 0) != 0;
    binary_ = p.int64("binary", 0) != 0;
    return init_norm(p);
  }

 protected:
  SK_INLINE void add(double* v, StringView term, double value) const {
    const auto h = static_cast<int32_t>(hash::murmur3_32(term.bytes(), term.size, 0));
    // The absolute value as 32 unsigned bits: that of -2^31 is 2^31.
    const uint32_t magnitude = h < 0 ? 0u - static_cast<uint32_t>(h) : static_cast<uint32_t>(h);
    double& at = v[magnitude % static_cast<uint32_t>(size_)];
    const double signed_value = alternate_sign_ && h < 0 ? -value : value;
    at = binary_ ? 1.0 : at + signed_value;
  }

  int64_t size_ = 1;
  bool alternate_sign_ = false, binary_ = false;
};

struct HashVector : HashedVector {
  static constexpr Doc doc{
      "hashVector", "x",
      "The elements counted in a vector of nFeatures places, as scikit-learn's FeatureHasher: h is murmurHash3 of the "
      "element (seed 0), its place is |h| modulo nFeatures, and with `alternateSign` it counts -1 where h is below 0. "
      "With a second list, its element is what counts in place of 1; 0 counts nothing. `binary` puts 1 wherever "
      "anything counted. Then all are divided by the l1 or l2 norm, unless it is 0; see termVector. Null elements are "
      "left out. Lists of different sizes fail with OUT_OF_RANGE.",
      "[[\"\", \"hello\", \"hello\", null]] {\"nFeatures\":4,\"alternateSign\":1,\"binary\":0,\"norm\":\"none\"} -> "
      "[1, 0, 0, 2]; "
      "[[]] {\"nFeatures\":2,\"alternateSign\":1,\"binary\":0,\"norm\":\"l2\"} -> [0, 0]"};

  Outcome call(ListView<double>& out, Arena& arena, ListView<StringView> x) const {
    double* v;
    const Outcome outcome = zeros(out, v, arena, size_);
    if (SK_UNLIKELY(outcome != Outcome::kOk)) return outcome;
    for (int64_t i = 0; i < x.length; ++i)
      if (x.is_valid(i)) add(v, x.data[i], 1.0);
    normalize(v, size_);
    return Outcome::kOk;
  }
};

struct HashWeightedVector : HashedVector {
  static constexpr Doc doc{
      "hashVector", "x, values", HashVector::doc.text,
      "[[\"\", \"hello\", \"\"], [0.5, 2, 3]] {\"nFeatures\":4,\"alternateSign\":1,\"binary\":0,\"norm\":\"none\"} -> "
      "[3.5, 0, 0, 2]"};

  Outcome call(ListView<double>& out, Arena& arena, ListView<StringView> x, ListView<double> values) const {
    if (x.length != values.length) return Outcome::kOutOfRange;
    double* v;
    const Outcome outcome = zeros(out, v, arena, size_);
    if (SK_UNLIKELY(outcome != Outcome::kOk)) return outcome;
    for (int64_t i = 0; i < x.length; ++i)
      if (x.is_valid(i) && values.is_valid(i) && values.data[i] != 0) add(v, x.data[i], values.data[i]);
    normalize(v, size_);
    return Outcome::kOk;
  }
};

template <class T>
struct Pack {
  static constexpr Doc doc{
      "pack", "x",
      "A list as one text: of each element that is not null its size in bytes in decimal, a colon and the element, an "
      "int64 in decimal. Fails with TOO_LARGE above 2^31 - 1 bytes.",
      example_of<T>("[[7, null, -10]] -> \"1:73:-10\"; [[]] -> \"\"", "[[\"ab\", null, \"\", \"\\u00e9\"]] -> "
                                                                      "\"2:ab0:2:\\u00e9\"")};
  static constexpr unsigned effects = kMayFail;

  Outcome call(StringView& out, Arena& arena, ListView<T> x) const {
    int64_t size = 0;
    for (int64_t i = 0; i < x.length; ++i)
      if (x.is_valid(i)) size += kPrefix + size_of(x.data[i]);
    uint8_t* at;
    const Outcome outcome = new_text(out, at, arena, size);
    if (outcome != Outcome::kOk) return outcome;
    char* p = reinterpret_cast<char*>(at);
    char* const begin = p;
    for (int64_t i = 0; i < x.length; ++i) {
      if (!x.is_valid(i)) continue;
      if constexpr (std::is_same_v<T, StringView>) {
        p = std::to_chars(p, p + kPrefix, x.data[i].size).ptr;
        *p++ = ':';
        if (x.data[i].size > 0) std::memcpy(p, x.data[i].data, static_cast<size_t>(x.data[i].size));
        p += x.data[i].size;
      } else {
        char digits[kDigits];
        const int64_t length = std::to_chars(digits, digits + kDigits, x.data[i]).ptr - digits;
        p = std::to_chars(p, p + kPrefix, length).ptr;
        *p++ = ':';
        std::memcpy(p, digits, static_cast<size_t>(length));
        p += length;
      }
    }
    out.size = p - begin;
    return Outcome::kOk;
  }

 private:
  static constexpr int64_t kPrefix = 11;  // up to ten digits and the colon
  static constexpr int64_t kDigits = 20;
  static SK_INLINE int64_t size_of(StringView x) { return x.size; }
  static SK_INLINE int64_t size_of(int64_t) { return kDigits; }
};

// How lists are made of single values.
template <class T>
struct Append {
  static constexpr Doc doc{
      "append", "x, value",
      "The list with one more element at its end, a null one for a null value. Null for a null list. Fails with "
      "TOO_LARGE above 2^31 - 1 elements.",
      example_of<T>("[[1], 2] -> [1, 2]; [[], null] -> [null]; [null, 1] -> null", "[[\"a\", null], \"\"] -> [\"a\", null, \"\"]")};

  Outcome callNullable(ListView<T>& out, Arena& arena, Maybe<ListView<T>> list, Maybe<T> value) const {
    if (!list.present) return Outcome::kNull;
    const ListView<T> x = list.value;
    if (x.length >= utf8::kMaxSize) return Outcome::kTooLarge;
    T* const data = arena.allocate_array<T>(static_cast<size_t>(x.length + 1));
    if (data == nullptr) return Outcome::kOutOfMemory;
    if (x.length > 0) std::memcpy(data, x.data, static_cast<size_t>(x.length) * sizeof(T));
    data[x.length] = value.present ? value.value : T{};
    out = {data, nullptr, 0, x.length + 1};
    if (x.validity == nullptr && value.present) return Outcome::kOk;
    const size_t bytes = static_cast<size_t>(x.length / 8 + 1);
    uint8_t* const validity = arena.allocate_array<uint8_t>(bytes);
    if (validity == nullptr) return Outcome::kOutOfMemory;
    std::memset(validity, 0, bytes);
    for (int64_t i = 0; i <= x.length; ++i) {
      const bool present = i < x.length ? x.is_valid(i) : value.present;
      validity[i >> 3] = static_cast<uint8_t>(validity[i >> 3] | (present ? 1u << (i & 7) : 0u));
    }
    out.validity = validity;
    return Outcome::kOk;
  }
};

using VectorizeFunctions = FunctionList<Terms, TermVector<StringView>, TermVector<int64_t>, HashVector,
                                        HashWeightedVector, Pack<StringView>, Pack<int64_t>, Append<double>,
                                        Append<int64_t>, Append<StringView>, Append<Timestamp>>;

}  // namespace skewless::ops
