// Text: searching, replacing and cutting into pieces. Matches do not overlap and are taken left to right.
#pragma once
#include "core/text_build.h"
#include "core/text_find.h"
#include "core/utf8.h"
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

// The first occurrence of a needle (not empty) in x, or nullptr.
SK_INLINE const uint8_t* find_text(StringView x, StringView needle) {
  if (x.size < needle.size) return nullptr;
  return TextFinder(needle).find(x.bytes(), x.bytes() + x.size);
}

SK_INLINE int64_t count_text(StringView x, StringView needle) {
  if (x.size < needle.size) return 0;
  TextFinder finder(needle);
  const uint8_t* const end = x.bytes() + x.size;
  int64_t n = 0;
  for (const uint8_t* p = x.bytes(); (p = finder.find(p, end)) != nullptr; p += needle.size) ++n;
  return n;
}

struct Contains {
  static constexpr Doc doc{"contains", "x, y", "Whether y occurs in x. The empty text occurs in every text.",
                           "[\"banana\", \"nan\"] -> true; [\"banana\", \"nab\"] -> false; [\"\", \"\"] -> "
                           "true"};
  static constexpr bool vectorize = false;
  SK_INLINE bool call(StringView x, StringView y) const { return y.size == 0 || find_text(x, y) != nullptr; }
};

struct StartsWith {
  static constexpr Doc doc{"startsWith", "x, y", "Whether x begins with y.",
                           "[\"banana\", \"ba\"] -> true; [\"banana\", \"na\"] -> false; [\"a\", \"\"] -> "
                           "true"};
  static constexpr bool vectorize = false;
  SK_INLINE bool call(StringView x, StringView y) const {
    return x.size >= y.size && equal_bytes({x.data, y.size}, y);
  }
};

struct EndsWith {
  static constexpr Doc doc{"endsWith", "x, y", "Whether x ends with y.",
                           "[\"banana\", \"na\"] -> true; [\"banana\", \"ba\"] -> false; [\"a\", \"\"] -> "
                           "true"};
  static constexpr bool vectorize = false;
  SK_INLINE bool call(StringView x, StringView y) const {
    return x.size >= y.size && equal_bytes({x.data + (x.size - y.size), y.size}, y);
  }
};

struct IndexOf {
  static constexpr Doc doc{"indexOf", "x, y",
                           "Position in code points of the first occurrence of y in x, -1 when there is "
                           "none; 0 for the empty text.",
                           "[\"\\u00e9banana\", \"an\"] -> 2; [\"banana\", \"x\"] -> -1; [\"\", \"\"] -> 0"};
  static constexpr bool vectorize = false;
  SK_INLINE int64_t call(StringView x, StringView y) const {
    if (y.size == 0) return 0;
    const uint8_t* const at = find_text(x, y);
    return at == nullptr ? -1 : utf8::count(x.bytes(), at - x.bytes());
  }
};

struct CountMatches {
  static constexpr Doc doc{"countMatches", "x, y",
                           "Number of occurrences of y in x that do not overlap, taken left to right; 0 for "
                           "the empty y.",
                           "[\"aaaaa\", \"aa\"] -> 2; [\"abc\", \"\"] -> 0"};
  static constexpr bool vectorize = false;
  SK_INLINE int64_t call(StringView x, StringView y) const { return y.size == 0 ? 0 : count_text(x, y); }
};

struct Replace {
  static constexpr Doc doc{"replace", "x, from, to",
                           "Every occurrence of `from` that does not overlap, taken left to right, replaced "
                           "by `to`; x itself when from is empty. Fails with TOO_LARGE above 2^31 - 1 bytes.",
                           "[\"aaa\", \"aa\", \"b\"] -> \"ba\"; [\"a.b.c\", \".\", \"\"] -> \"abc\"; "
                           "[\"abc\", \"\", \"-\"] -> \"abc\""};
  static constexpr unsigned effects = kMayFail;
  Outcome call(StringView& out, Arena& arena, StringView x, StringView from, StringView to) const {
    const uint8_t* p = x.bytes();
    const uint8_t* const end = p + x.size;
    TextFinder finder(from.size > 0 ? from : StringView{" ", 1});
    const uint8_t* match = from.size > 0 && from.size <= x.size ? finder.find(p, end) : nullptr;
    if (match == nullptr) {
      out = x;
      return Outcome::kOk;
    }
    int64_t capacity = x.size;
    if (to.size > from.size) {
      const int64_t matches = 1 + count_text(utf8::view(match + from.size, end), from);
      const int64_t growth = to.size - from.size;
      if (growth > utf8::kMaxSize || matches > utf8::kMaxSize / growth) return Outcome::kTooLarge;
      capacity += matches * growth;
    }
    uint8_t* begin;
    const Outcome outcome = new_text(out, begin, arena, capacity);
    if (outcome != Outcome::kOk) return outcome;
    uint8_t* at = begin;
    for (; match != nullptr; match = finder.find(p, end)) {
      at = append_text(append_bytes(at, p, match - p), to);
      p = match + from.size;
    }
    at = append_bytes(at, p, end - p);
    out.size = at - begin;
    return Outcome::kOk;
  }
};

struct Split {
  static constexpr Doc doc{"split", "x, sep",
                           "The pieces between the occurrences of `sep`, as String.prototype.split; an "
                           "empty separator gives one piece per code point.",
                           "[\"a,b,,c\", \",\"] -> [\"a\", \"b\", \"\", \"c\"]; [\"\", \",\"] -> [\"\"]; "
                           "[\"a\\u00e9\", \"\"] -> [\"a\", \"\\u00e9\"]; [\"\", \"\"] -> []"};
  static constexpr unsigned effects = kMayFail;
  Outcome call(ListView<StringView>& out, Arena& arena, StringView x, StringView sep) const {
    const uint8_t* p = x.bytes();
    const uint8_t* const end = p + x.size;
    StringView* at;
    if (sep.size == 0) {
      const Outcome outcome = new_text_list(out, at, arena, utf8::count(x));
      if (outcome != Outcome::kOk) return outcome;
      for (int64_t i = 0; i < out.length; ++i) {
        const uint8_t* const next = utf8::advance(p, end, 1);
        at[i] = utf8::view(p, next);
        p = next;
      }
      return Outcome::kOk;
    }
    const int64_t matches = count_text(x, sep);
    const Outcome outcome = new_text_list(out, at, arena, matches + 1);
    if (outcome != Outcome::kOk) return outcome;
    TextFinder finder(sep);
    for (int64_t i = 0; i < matches; ++i) {
      const uint8_t* const match = finder.find(p, end);
      at[i] = utf8::view(p, match);
      p = match + sep.size;
    }
    at[matches] = utf8::view(p, end);
    return Outcome::kOk;
  }
};

struct Part {
  static constexpr Doc doc{"part", "x, sep, index",
                           "The piece number `index` of split(x, sep), from 0, or from the end when "
                           "negative (-1 is the last). Null when there is none.",
                           "[\"a-b-c\", \"-\", 1] -> \"b\"; [\"a-b-c\", \"-\", -1] -> \"c\"; [\"a-b\", "
                           "\"-\", 2] -> null; [\"\", \"\", 0] -> null"};
  static constexpr unsigned effects = kMayNull;
  Outcome call(StringView& out, StringView x, StringView sep, int64_t index) const {
    const uint8_t* p = x.bytes();
    const uint8_t* const end = p + x.size;
    if (sep.size == 0) {
      if (index < 0) {
        index += utf8::count(x);
        if (index < 0) return Outcome::kNull;
      }
      p = utf8::advance(p, end, index);
      if (p == end) return Outcome::kNull;
      out = utf8::view(p, utf8::advance(p, end, 1));
      return Outcome::kOk;
    }
    if (index < 0) {
      index += count_text(x, sep) + 1;
      if (index < 0) return Outcome::kNull;
    }
    if (index > x.size) return Outcome::kNull;  // more pieces than bytes + 1 cannot be
    TextFinder finder(sep);
    for (;; --index) {
      const uint8_t* const match = end - p >= sep.size ? finder.find(p, end) : nullptr;
      if (index == 0) {
        out = utf8::view(p, match == nullptr ? end : match);
        return Outcome::kOk;
      }
      if (match == nullptr) return Outcome::kNull;
      p = match + sep.size;
    }
  }
};

SK_INLINE int64_t count_tokens(StringView x) {
  const uint8_t* const end = x.bytes() + x.size;
  int64_t n = 0;
  for (const uint8_t* p = utf8::skip_white_space(x.bytes(), end); p != end;
       p = utf8::skip_white_space(p, end)) {
    ++n;
    p = utf8::find_white_space(p, end);
  }
  return n;
}

// Writes the n = count_tokens(x) tokens to `at`.
SK_INLINE void write_tokens(StringView* at, int64_t n, StringView x) {
  const uint8_t* const end = x.bytes() + x.size;
  const uint8_t* p = x.bytes();
  for (int64_t i = 0; i < n; ++i) {
    const uint8_t* const begin = utf8::skip_white_space(p, end);
    p = utf8::find_white_space(begin, end);
    at[i] = utf8::view(begin, p);
  }
}

struct Tokens {
  static constexpr Doc doc{"tokens", "x",
                           "The longest runs of characters that are not ECMAScript white space.",
                           "[\" to be\\tor\\u3000not \"] -> [\"to\", \"be\", \"or\", \"not\"]; [\" \"] -> "
                           "[]"};
  static constexpr unsigned effects = kMayFail;
  Outcome call(ListView<StringView>& out, Arena& arena, StringView x) const {
    StringView* at;
    const Outcome outcome = new_text_list(out, at, arena, count_tokens(x));
    if (outcome == Outcome::kOk) write_tokens(at, out.length, x);
    return outcome;
  }
};

struct TokenCount {
  static constexpr Doc doc{"tokenCount", "x",
                           "Number of runs of characters that are not ECMAScript white space.",
                           "[\" to be \"] -> 2; [\"\"] -> 0"};
  static constexpr bool vectorize = false;
  SK_INLINE int64_t call(StringView x) const { return count_tokens(x); }
};

SK_INLINE int64_t count_ngrams(StringView x, int64_t n) {
  if (n > x.size) return 0;
  const int64_t length = utf8::count(x);
  return length < n ? 0 : length - n + 1;
}

// Writes the `count` = count_ngrams(x, n) windows of n code points to `at`.
SK_INLINE void write_ngrams(StringView* at, int64_t count, StringView x, int64_t n) {
  const uint8_t* first = x.bytes();
  const uint8_t* const end = first + x.size;
  const uint8_t* last = utf8::advance(first, end, n);
  for (int64_t i = 0; i < count; ++i) {
    at[i] = utf8::view(first, last);
    first = utf8::advance(first, end, 1);
    last = utf8::advance(last, end, 1);
  }
}

struct CharNgrams {
  static constexpr Doc doc{"charNgrams", "x, n",
                           "All substrings of n code points in order; none for a shorter text. Null for n < "
                           "1.",
                           "[\"abcd\", 3] -> [\"abc\", \"bcd\"]; [\"ab\", 3] -> []; [\"ab\", 0] -> null"};
  Outcome call(ListView<StringView>& out, Arena& arena, StringView x, int64_t n) const {
    if (n < 1) return Outcome::kNull;
    StringView* at;
    const Outcome outcome = new_text_list(out, at, arena, count_ngrams(x, n));
    if (outcome == Outcome::kOk) write_ngrams(at, out.length, x, n);
    return outcome;
  }
};

using TextSearchFunctions = FunctionList<Contains, StartsWith, EndsWith, IndexOf, CountMatches, Replace,
                                         Split, Part, Tokens, TokenCount, CharNgrams>;

}  // namespace skewless::ops
