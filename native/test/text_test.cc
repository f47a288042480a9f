// Text functions: cases, case conversion, searching, similarities, parsing, addresses.
#include <cmath>
#include <limits>

#include "check.h"
#include "core/utf8.h"
#include "ops/net.h"
#include "ops/text.h"
#include "ops/text_case.h"
#include "ops/text_parse.h"
#include "ops/text_search.h"
#include "ops/text_similarity.h"
#include "text_calls.h"

using namespace skewless;
using namespace skewless::ops;
using namespace std::string_view_literals;
using std::string;
using std::string_view;
using test::run;

namespace {

bool is_valid(string_view s) { return utf8::valid(test::HeapText(s).view()); }

void test_validation() {
  CHECK(is_valid(""));
  CHECK(is_valid("plain text that is longer than sixteen bytes"));
  CHECK(is_valid("a\0b"sv));
  CHECK(is_valid("\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"));
  const string_view broken[] = {
      "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE0\xA0", "\xED\xA0\x80",
      "\xED\xBF\xBF", "\xEF\xBF", "\xE1\x80\xC0", "\xF0\x8F\xBF\xBF", "\xF0\x90\x80", "\xF4\x90\x80\x80",
      "\xF5\x80\x80\x80", "\xFF", "\xF1\x80\x80\x41",
  };
  for (const string_view s : broken) {
    CHECK(!is_valid(s));
    CHECK(!is_valid("0123456789abcdef" + string(s)));
    CHECK(!is_valid(string(s) + "0123456789abcdef"));
  }
}

// Positions by word agree with a plain walk at every length and offset.
void test_positions() {
  const string units[] = {"a", "\u00e9", "\u20ac", "\U0001f600"};
  uint32_t state = 1;
  for (int n = 0; n <= 40; ++n) {
    string s;
    std::vector<size_t> starts;
    for (int i = 0; i < n; ++i) {
      state = state * 1664525u + 1013904223u;
      starts.push_back(s.size());
      s += units[n % 3 == 0 ? 0 : state >> 30];
    }
    starts.push_back(s.size());
    const test::HeapText text(s);
    const uint8_t* const begin = text.view().bytes();
    const uint8_t* const end = begin + s.size();
    CHECK(utf8::count(text.view()) == n);
    bool same = true;
    for (int i = 0; i <= n + 2; ++i) {
      const size_t at = starts[static_cast<size_t>(i < n ? i : n)];
      const size_t back = starts[static_cast<size_t>(i < n ? n - i : 0)];
      same &= utf8::advance(begin, end, i) == begin + at && utf8::retreat(begin, end, i) == begin + back;
    }
    CHECK(same);
    CHECK(utf8::advance(begin, end, INT64_MAX) == end && utf8::retreat(begin, end, INT64_MAX) == begin);
    uint32_t sum = 0;
    uint8_t encoded[4];
    for (const uint8_t* p = begin; p != end;) {
      const uint8_t* const at = p;
      const uint32_t c = utf8::decode(p, end);
      sum += utf8::encode(encoded, c) - encoded == p - at &&
             std::memcmp(encoded, at, static_cast<size_t>(p - at)) == 0;
    }
    CHECK(sum == static_cast<uint32_t>(n));
  }
}

void test_size_and_shape() {
  CHECK(run<Length>("na\u00efve") == "5");
  CHECK(run<Length>("\U0001f600e\u0301") == "3");
  CHECK(run<Length>("a\0b"sv) == "3");
  CHECK(run<ByteLength>("na\u00efve") == "6");
  CHECK(run<IsEmpty>("") == "true");
  CHECK(run<IsEmpty>(" ") == "false");
  CHECK(run<IsAscii>("") == "true");
  CHECK(run<IsAscii>("0123456789abcdef\x7f") == "true");
  for (int n = 0; n < 40; ++n) {
    CHECK(run<IsAscii>(string(static_cast<size_t>(n), 'x')) == "true");
    CHECK(run<IsAscii>(string(static_cast<size_t>(n), 'x') + "\u00e9") == "false");
    CHECK(run<IsAscii>("\u00e9" + string(static_cast<size_t>(n), 'x')) == "false");
  }
  CHECK(run<CountDigits>("a1b22\u0663 0123456789/:") == "13");
  CHECK(run<CountUpper>("aBC\u00c9 ABCDEFGHIJKLMNOPQRSTUVWXYZ[@") == "28");
}

void test_trim() {
  const string all =
      "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028"
      "\u2029\u202f\u205f\u3000\ufeff";
  CHECK(run<Trim>(all) == "");
  CHECK(run<TrimStart>(all) == "");
  CHECK(run<TrimEnd>(all) == "");
  CHECK(run<Trim>(all + "a b" + all) == "a b");
  CHECK(run<TrimStart>(all + "a" + all) == "a" + all);
  CHECK(run<TrimEnd>(all + "a" + all) == all + "a");
  for (const char* kept : {"\u200b", "\u0085", "\u180e", "\u2060", "\u200e", "\u3001", "\u0000"})
    CHECK(run<Trim>(kept) == kept);
  CHECK(run<Trim>("\0 "sv) == "\0"sv);
  CHECK(run<Trim>("\u00a1\u00a0") == "\u00a1");
}

void test_substring() {
  CHECK(run<Substring>("h\u00e9llo", 1, 3) == "\u00e9ll");
  CHECK(run<Substring>("hello", -3, 2) == "ll");
  CHECK(run<Substring>("hello", -9, 2) == "he");
  CHECK(run<Substring>("hello", 2, -1) == "");
  CHECK(run<Substring>("hello", 9, 1) == "");
  CHECK(run<Substring>("hello", INT64_MIN, INT64_MAX) == "hello");
  CHECK(run<Substring>("hello", INT64_MAX, INT64_MAX) == "");
  CHECK(run<Substring>("\U0001f600\U0001f601\U0001f602", -2, 1) == "\U0001f601");
  CHECK(run<Substring>("", 0, 1) == "");
  const test::HeapText text("abc");
  CHECK(Substring{}.call(text.view(), 1, 1).data == text.view().data + 1);
}

void test_building() {
  CHECK(run<Concat>("ab", "c") == "abc");
  CHECK(run<Concat>("", "") == "");
  CHECK(run<Repeat>("ab", 3) == "ababab");
  CHECK(run<Repeat>("\u20ac", 5) == "\u20ac\u20ac\u20ac\u20ac\u20ac");
  CHECK(run<Repeat>("ab", 0) == "");
  CHECK(run<Repeat>("ab", INT64_MIN) == "");
  CHECK(run<Repeat>("", INT64_MAX) == "");
  CHECK(run<Repeat>("ab", 1 << 30) == "TOO_LARGE");
  CHECK(run<Repeat>("a", INT64_MAX) == "TOO_LARGE");
  CHECK(run<Reverse>("ab\u00e9\U0001f600") == "\U0001f600\u00e9ba");
  CHECK(run<Reverse>("") == "");
  CHECK(run<PadStart>("7", 3, "0") == "007");
  CHECK(run<PadStart>("x", 6, "ab") == "ababax");
  CHECK(run<PadStart>("\u00e9", 4, "\u20acb") == "\u20acb\u20ac\u00e9");
  CHECK(run<PadStart>("abc", 2, "0") == "abc");
  CHECK(run<PadStart>("abc", INT64_MIN, "0") == "abc");
  CHECK(run<PadStart>("abc", INT64_MAX, "") == "abc");
  CHECK(run<PadStart>("abc", INT64_MAX, "0") == "TOO_LARGE");
  CHECK(run<PadEnd>("abc", 0x7fffffff, "\u00e9") == "TOO_LARGE");
  CHECK(run<PadEnd>("x", 6, "ab") == "xababa");
  CHECK(run<PadEnd>("", 3, "abcd") == "abc");
}

void test_case() {
  // Expectations are those of String.prototype.toLowerCase and toUpperCase.
  CHECK(run<Lower>("") == "");
  CHECK(run<Lower>("ABC@[`{xyzXYZ 0123456789") == "abc@[`{xyzxyz 0123456789");
  CHECK(run<Upper>("abc@[`{xyzXYZ 0123456789") == "ABC@[`{XYZXYZ 0123456789");
  CHECK(run<Lower>("\u00c4BC\u0130") == "\u00e4bci\u0307");
  CHECK(run<Lower>("\u1e9e\u2126\u212a\u023a") == "\u00df\u03c9k\u2c65");
  CHECK(run<Lower>("\U00010400\U0001e900") == "\U00010428\U0001e922");
  CHECK(run<Lower>("I\0\u00cf"sv) == "i\0\u00ef"sv);
  CHECK(run<Upper>("stra\u00dfe") == "STRASSE");
  CHECK(run<Upper>("\ufb03\u0149\u0390\u1f80\u1fb7") ==
        "FFI\u02bcN\u0399\u0308\u0301\u1f08\u0399\u0391\u0342\u0399");
  CHECK(run<Upper>("\u00b5\u00ff\u0131\u017f\u0345\u03c2") == "\u039c\u0178IS\u0399\u03a3");
  CHECK(run<Upper>("\u01c5\u10d0\uab70") == "\u01c4\u1c90\u13a0");
  CHECK(run<AsciiLower>("ABC \u00c4 LONGER THAN A WORD") == "abc \u00c4 longer than a word");
  CHECK(run<AsciiUpper>("abc \u00e4 longer than a word") == "ABC \u00e4 LONGER THAN A WORD");
  const test::HeapText text("already lower");
  Arena arena;
  StringView out;
  CHECK(Lower{}.call(out, arena, text.view()) == Outcome::kOk && out.data == text.view().data);
  // The longest growth, past the size from which results are measured first.
  string many, grown;
  for (int i = 0; i < 3000; ++i) {
    many += "\u0390a";
    grown += "\u0399\u0308\u0301A";
  }
  CHECK(run<Upper>(many) == grown);
}

void test_final_sigma() {
  CHECK(run<Lower>("\u03a3") == "\u03c3");
  CHECK(run<Lower>("\u039f\u03a3") == "\u03bf\u03c2");
  CHECK(run<Lower>("\u03a3\u039f\u03a3 \u03a3\u039f\u03a3") == "\u03c3\u03bf\u03c2 \u03c3\u03bf\u03c2");
  CHECK(run<Lower>("A\u03a3.B \u0391\u03a3. \u0391'\u03a3") == "a\u03c3.b \u03b1\u03c2. \u03b1'\u03c2");
  CHECK(run<Lower>("A\u0301\u03a3\u0301\u0345") == "a\u0301\u03c2\u0301\u0345");
  CHECK(run<Lower>("A\u03a3\u0301\u0345\u01c5") == "a\u03c3\u0301\u0345\u01c6");
  CHECK(run<Lower>("1\u03a3") == "1\u03c3");
  CHECK(run<Lower>("A1\u03a3") == "a1\u03c3");
  CHECK(run<Lower>("A\u03a31") == "a\u03c21");
  // U+02B0 and U+0345 are cased and Case_Ignorable: they are passed over.
  CHECK(run<Lower>("\u02b0\u03a3") == "\u02b0\u03c3");
  CHECK(run<Lower>("a\u02b0\u03a3\u02b0") == "a\u02b0\u03c2\u02b0");
  CHECK(run<Lower>("\U00010400\u03a3\U000e0101\U0001f3fb") == "\U00010428\u03c2\U000e0101\U0001f3fb");
  CHECK(run<Lower>("A\u03a3\u03a3") == "a\u03c3\u03c2");
}

void test_search() {
  CHECK(run<Contains>("banana", "nan") == "true");
  CHECK(run<Contains>("banana", "nab") == "false");
  CHECK(run<Contains>("", "") == "true");
  CHECK(run<Contains>("", "a") == "false");
  CHECK(run<Contains>("a\0b"sv, "\0b"sv) == "true");
  CHECK(run<StartsWith>("banana", "ba") == "true");
  CHECK(run<StartsWith>("ba", "banana") == "false");
  CHECK(run<StartsWith>("", "") == "true");
  CHECK(run<EndsWith>("banana", "na") == "true");
  CHECK(run<EndsWith>("na", "banana") == "false");
  CHECK(run<EndsWith>("", "") == "true");
  CHECK(run<IndexOf>("\u00e9banana", "an") == "2");
  CHECK(run<IndexOf>("banana", "x") == "-1");
  CHECK(run<IndexOf>("", "") == "0");
  CHECK(run<CountMatches>("aaaaa", "aa") == "2");
  CHECK(run<CountMatches>("aaaaa", "") == "0");
  CHECK(run<Replace>("aaa", "aa", "b") == "ba");
  CHECK(run<Replace>("a.b.c", ".", "") == "abc");
  CHECK(run<Replace>("a.b.c", ".", "\u20ac\u20ac") == "a\u20ac\u20acb\u20ac\u20acc");
  CHECK(run<Replace>("abc", "", "-") == "abc");
  CHECK(run<Replace>(string(1 << 20, 'a'), "a", string(4096, 'b')) == "TOO_LARGE");
  CHECK(run<Replace>("", "a", "-") == "");
  CHECK(run<Replace>("\u00e9\u00e8", "\u00e8", "e") == "\u00e9e");
}

// The linear search behind long repetitive needles agrees with std::string_view::find.
void test_search_repetitive() {
  uint32_t state = 7;
  const auto random = [&](uint32_t n) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % n;
  };
  for (int round = 0; round < 3000; ++round) {
    string needle, text;
    const uint32_t letters = 1 + random(2);
    for (uint32_t i = 1 + random(30); i > 0; --i) needle += static_cast<char>('a' + random(letters + 1));
    if (round % 2) needle += needle.substr(0, random(30));
    for (uint32_t i = random(200); i > 0; --i)
      text += needle.substr(0, random(static_cast<uint32_t>(needle.size())));
    if (round % 3 == 0) text += needle;
    size_t matches = 0;
    for (size_t at = 0; (at = text.find(needle, at)) != string::npos; at += needle.size()) ++matches;
    CHECK(run<CountMatches>(text, needle) == std::to_string(matches));
  }
}

void test_pieces() {
  CHECK(run<Split>("a,b,,c", ",") == "[a|b||c]");
  CHECK(run<Split>("", ",") == "[]");  // one empty piece
  CHECK(run<Split>(",", ",") == "[|]");
  CHECK(run<Split>("aXYbXYXYc", "XY") == "[a|b||c]");
  CHECK(run<Split>("a\u00e9\U0001f600", "") == "[a|\u00e9|\U0001f600]");
  Arena arena;
  ListView<StringView> out;
  CHECK(Split{}.call(out, arena, {nullptr, 0}, {",", 1}) == Outcome::kOk && out.length == 1 &&
        out.data[0].size == 0);
  CHECK(Split{}.call(out, arena, {nullptr, 0}, {nullptr, 0}) == Outcome::kOk && out.length == 0);
  CHECK(run<Part>("a-b-c", "-", 0) == "a");
  CHECK(run<Part>("a-b-c", "-", 2) == "c");
  CHECK(run<Part>("a-b-c", "-", 3) == "null");
  CHECK(run<Part>("a-b-c", "-", -1) == "c");
  CHECK(run<Part>("a-b-c", "-", -3) == "a");
  CHECK(run<Part>("a-b-c", "-", -4) == "null");
  CHECK(run<Part>("a-b-c", "-", INT64_MIN) == "null");
  CHECK(run<Part>("a-b-c", "-", INT64_MAX) == "null");
  CHECK(run<Part>("", "-", 0) == "");
  CHECK(run<Part>("", "", 0) == "null");
  CHECK(run<Part>("a\u00e9", "", -1) == "\u00e9");
  CHECK(run<Part>("a\u00e9", "", INT64_MIN) == "null");
  CHECK(run<Tokens>(" to be\tor\u3000not ") == "[to|be|or|not]");
  CHECK(run<TokenCount>("\u2003") == "0");
  CHECK(run<TokenCount>("a\u00a0b") == "2");
  CHECK(run<CharNgrams>("ab\u00e9d", 3) == "[ab\u00e9|b\u00e9d]");
  CHECK(run<CharNgrams>("ab", 3) == "[]");
  CHECK(run<CharNgrams>("ab", 0) == "null");
  CHECK(run<CharNgrams>("ab", INT64_MAX) == "[]");
}

void test_similarity() {
  CHECK(run<Levenshtein>("kitten", "sitting") == "3");
  CHECK(run<Levenshtein>("", "a\u00e9\U0001f600") == "3");
  CHECK(run<Levenshtein>("na\u00efve", "naive") == "1");
  // Same continuation bytes at the ends of different code points.
  CHECK(run<Levenshtein>("\u00e9", "\u00c9") == "1");
  CHECK(run<Levenshtein>("\u00e9\u0129", "\u0129") == "1");
  CHECK(run<Levenshtein>("\u4e2d\u6587", "\u4e2e\u6587\u4e2d") == "2");
  const string x(63, 'x'), y(64, 'y'), z(65, 'z');
  CHECK(run<Levenshtein>(x, y) == "64");
  CHECK(run<Levenshtein>(z, y) == "65");
  CHECK(run<Levenshtein>("a" + z + "b", "b" + z + "a") == "2");
  CHECK(run<Levenshtein>(string(1000, 'a') + "b", "c" + string(998, 'a') + "\u20ac") == "3");
  CHECK(run<LevenshteinSimilarity>("abcd", "abxd") == "0.75");
  CHECK(run<LevenshteinSimilarity>("", "") == "1");
  CHECK(run<LevenshteinSimilarity>("a", "") == "0");
  const auto near = [](const string& s, double v) { return std::fabs(std::stod(s) - v) < 1e-15; };
  // Winkler's published pairs: 0.9611..., 0.84, 0.8133... (0.9444 + 3 * 0.1 * 0.0556 and so on).
  CHECK(near(run<JaroWinkler>("MARTHA", "MARHTA"), 17.0 / 18 + 0.3 * (1.0 / 18)));
  CHECK(near(run<JaroWinkler>("DWAYNE", "DUANE"), 37.0 / 45 + 0.1 * (8.0 / 45)));
  CHECK(near(run<JaroWinkler>("DIXON", "DICKSONX"), 23.0 / 30 + 0.2 * (7.0 / 30)));
  CHECK(near(run<JaroWinkler>("\u00e9a", "\u00e9b"), 2.0 / 3 + 0.1 * (1.0 / 3)));
  CHECK(run<JaroWinkler>("", "") == "1");
  CHECK(run<JaroWinkler>("", "a") == "0");
  CHECK(run<JaroWinkler>("abc", "xyz") == "0");
  CHECK(run<JaroWinkler>(string(500, 'q'), string(500, 'q')) == "1");
  CHECK(run<JaccardTokens>("a b c", "b  c d") == "0.5");
  CHECK(run<JaccardTokens>("a a a", "a") == "1");
  CHECK(run<JaccardTokens>("", " ") == "1");
  CHECK(run<JaccardTokens>("a", "") == "0");
  CHECK(run<JaccardTokens>("averylongtoken a\0"sv, "averylongtoken a") == "0.33333333333333331");
  CHECK(run<JaccardNgrams>("night", "nacht", 2) == "0.14285714285714285");
  CHECK(run<JaccardNgrams>("a", "b", 2) == "1");
  CHECK(run<JaccardNgrams>("a", "b", 0) == "null");
  CHECK(run<JaccardNgrams>(string(300, 'a') + "b", string(200, 'a') + "c", 20) == "0.33333333333333331");
}

void test_numbers() {
  const auto number = [](const string& s) { return run<ParseNumber>(s); };
  CHECK(number(" -1.5e3\u3000") == "-1500");
  CHECK(number("1.") == "1" && number(".5") == "0.5" && number("+007") == "7" && number("1E+2") == "100");
  CHECK(number("-0") == "-0" && number("0e99999999999999999999") == "0");
  CHECK(number("0.1") == "0.10000000000000001" && number("123456789012345678") == "1.2345678901234568e+17");
  CHECK(number("9007199254740993") == "9007199254740992");                   // a tie goes to even
  CHECK(number("9007199254740993.00000000000000000000000001") == "9007199254740994");
  CHECK(number("2.2250738585072011e-308") == "2.2250738585072009e-308");
  CHECK(number("5e-324") == "4.9406564584124654e-324" && number("2.4e-324") == "0");
  CHECK(number("1e400") == "inf" && number("-1e400") == "-inf" && number("1e-400") == "0" &&
        number("-1e-400") == "-0");
  CHECK(number("1.7976931348623157e308") == "1.7976931348623157e+308" &&
        number("1.7976931348623159e308") == "inf");
  CHECK(number("0." + string(400, '0') + "1e401") == "1" && number("1" + string(400, '0') + "e-400") == "1");
  CHECK(number("1e99999999999999999999") == "inf" && number("1e-99999999999999999999") == "0");
  CHECK(number("inf") == "inf" && number("-Infinity") == "-inf" && number("+NaN") == "nan" &&
        number("-nan") == "nan");
  for (const char* s :
       {"",    " ",   ".",     "+",     "-",    "e5",   "1e",  "1e+",    "1_0", "0x10",   "1 2",
        "--1", "+-1", "1.2.3", "infin", "nano", "1e5.", ".e1", "\u0661", "1,5", "NaN(1)", "1f"})
    CHECK(number(s) == "null");
  CHECK(number(string("1\0", 2)) == "null");
  const auto integer = [](const string& s) { return run<ParseInt64>(s); };
  CHECK(integer(" +042 ") == "42" && integer("-0") == "0" && integer(string(50, '0') + "7") == "7");
  CHECK(integer("9223372036854775807") == "9223372036854775807" && integer("9223372036854775808") == "null");
  CHECK(integer("-9223372036854775808") == "-9223372036854775808" &&
        integer("-9223372036854775809") == "null");
  CHECK(integer("18446744073709551617") == "null");
  for (const char* s : {"", "+", "-", "1.0", "1e3", "0x1", "1 2", "\u0661", "--1"})
    CHECK(integer(s) == "null");
}

void test_net() {
  CHECK(run<EmailDomain>("Ann@Example.COM") == "example.com");
  CHECK(run<EmailDomain>("\"a@b\"@c.d") == "c.d");
  for (const char* s : {"", "@", "a@", "@b", "ab", "a@b c", "a@b\u3000"})
    CHECK(run<EmailDomain>(s) == "null");
  CHECK(run<UrlHost>("https://me:pw@Example.com:8080/a?b") == "example.com");
  CHECK(run<UrlHost>("s3.x-y+z://Bucket") == "bucket");
  CHECK(run<UrlHost>("http://[2001:DB8::1]:80/") == "[2001:db8::1]");
  CHECK(run<UrlHost>("http://a@b@c.d?x@y") == "c.d");
  CHECK(run<UrlHost>("http://a.b\\@c") == "a.b");
  CHECK(run<UrlHost>("http://\u00c4B.c") == "\u00c4b.c");
  for (const char* s : {"", "a.com", "//a.com", "1http://a", "http:/a", "http://", "http:///a", "http://:80",
                        "http://u@:80/", "http://[::1", "ht tp://a", "\u00e9://a"}) {
    CHECK(run<UrlHost>(s) == "null");
    CHECK(run<UrlPath>(s) == "null");
  }
  CHECK(run<UrlPath>("http://a.com/b/c?d=1#e") == "/b/c");
  CHECK(run<UrlPath>("http://a.com?d") == "/");
  CHECK(run<UrlPath>("http://a.com") == "/");
  CHECK(run<UrlPath>("http://a.com/#/x") == "/");
  CHECK(run<Ipv4ToInt>("192.168.0.1") == "3232235521");
  CHECK(run<Ipv4ToInt>("255.255.255.255") == "4294967295");
  for (const char* s : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "1.2.3.", ".1.2.3", " 1.2.3.4",
                        "1.2.3.4 ", "1.2.3.0x4", "1..2.3", "1.2.3.1000", "::1"})
    CHECK(run<Ipv4ToInt>(s) == "null" && run<IsIpv4>(s) == "false");
  for (const char* s : {"::", "::1", "1::", "2001:db8::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::",
                        "::2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "ABCD:ef01::"})
    CHECK(run<IsIpv6>(s) == "true");
  for (const char* s : {"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
                        "1:2:3:4:5:6:7:8::", "12345::", "::g", ":1", "1:", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3",
                        "::1.2.3.4:5", "fe80::1%eth0", "1.2.3.4"})
    CHECK(run<IsIpv6>(s) == "false");
}

void test_subnet() {
  const auto in = [](const char* cidr, const char* address) {
    IpInSubnet op;
    const char* const wrong = test::init(op, {test::utf8_param("cidr", cidr)});
    return wrong ? string("error") : test::run_with(op, address);
  };
  CHECK(in("10.0.0.0/8", "10.255.0.1") == "true" && in("10.0.0.0/8", "11.0.0.0") == "false");
  CHECK(in("10.9.9.9/8", "10.1.2.3") == "true" && in("0.0.0.0/0", "255.1.2.3") == "true");
  CHECK(in("1.2.3.4/32", "1.2.3.4") == "true" && in("1.2.3.4/32", "1.2.3.5") == "false");
  CHECK(in("2001:db8::/32", "2001:db8:ffff::1") == "true" && in("2001:db8::/32", "2001:db9::") == "false");
  CHECK(in("::/0", "ffff::") == "true" && in("::/0", "1.2.3.4") == "false" &&
        in("0.0.0.0/0", "::1") == "false");
  CHECK(in("1:2:3:4:8000::/65", "1:2:3:4:8001::") == "true" &&
        in("1:2:3:4:8000::/65", "1:2:3:4:7fff::") == "false");
  CHECK(in("::1/128", "::1") == "true" && in("::1/128", "::2") == "false" && in("::1/64", "::2") == "true");
  CHECK(in("10.0.0.0/8", "10.0.0") == "null" && in("10.0.0.0/8", "") == "null");
  for (const char* cidr : {"", "10.0.0.0", "10.0.0.0/", "/8", "10.0.0.0/33", "::/129", "10.0.0.0/08",
                           "10.0.0.0/8 ", "a/8", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/99999"})
    CHECK(in(cidr, "10.0.0.1") == "error");
  IpInSubnet op;
  CHECK(test::init(op, {}) != nullptr);
}

}  // namespace

int main() {
  test_validation();
  test_positions();
  test_size_and_shape();
  test_trim();
  test_substring();
  test_building();
  test_case();
  test_final_sigma();
  test_search();
  test_search_repetitive();
  test_pieces();
  test_similarity();
  test_numbers();
  test_net();
  test_subnet();
  return test::finish("text");
}
