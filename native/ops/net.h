// Mail addresses, URLs and internet addresses in text. Nothing is looked up and nothing is decoded: no
// percent escapes, no internationalized domain names.
#pragma once
#include "core/ip.h"
#include "ops/text_case.h"

namespace skewless::ops {

struct EmailDomain {
  static constexpr Doc doc{"emailDomain", "x",
                           "What follows the last \"@\", ASCII letters in lower case. Null when there is no "
                           "\"@\", nothing on either side of it, or white space in the domain.",
                           "[\"Ann@Example.COM\"] -> \"example.com\"; [\"a@b@c\"] -> \"c\"; [\"@c\"] -> "
                           "null; [\"a@b c\"] -> null"};
  Outcome call(StringView& out, Arena& arena, StringView x) const {
    const uint8_t* const begin = x.bytes();
    const uint8_t* const end = begin + x.size;
    const uint8_t* domain = end;
    while (domain != begin && domain[-1] != '@') --domain;
    if (domain == end || domain - begin < 2) return Outcome::kNull;
    if (utf8::find_white_space(domain, end) != end) return Outcome::kNull;
    return convert_ascii<false>(out, arena, utf8::view(domain, end));
  }
};

// The host and what follows the authority of scheme://[userinfo@]host[:port]..., views into the text.
struct UrlParts {
  StringView host;
  StringView rest;
};

// False when x does not begin with scheme:// or its host is empty or an unclosed bracket.
inline bool split_url(UrlParts& out, StringView x) {
  const uint8_t* p = x.bytes();
  const uint8_t* const end = p + x.size;
  const auto is_letter = [](uint8_t c) { return static_cast<uint8_t>((c | 0x20) - 'a') < 26; };
  if (p == end || !is_letter(*p)) return false;
  while (p != end && (is_letter(*p) || (*p >= '0' && *p <= '9') || *p == '+' || *p == '-' || *p == '.')) ++p;
  if (end - p < 3 || p[0] != ':' || p[1] != '/' || p[2] != '/') return false;
  p += 3;
  const uint8_t* host = p;
  while (p != end && *p != '/' && *p != '?' && *p != '#' && *p != '\\') {
    if (*p == '@') host = p + 1;
    ++p;
  }
  const uint8_t* const authority_end = p;
  const uint8_t* host_end = authority_end;
  bool closed = true;
  const uint8_t* colon = nullptr;
  for (const uint8_t* q = host; q != authority_end; ++q) {
    if (*q == '[') closed = q != host && closed;  // only a bracket at the start can hold an address
    if (*q == ']') {
      closed = true;
      colon = nullptr;
    }
    if (*q == ':') colon = q;
  }
  if (!closed) return false;
  if (colon != nullptr) host_end = colon;
  if (host == host_end) return false;
  out = {utf8::view(host, host_end), utf8::view(authority_end, end)};
  return true;
}

struct UrlHost {
  static constexpr Doc doc{"urlHost", "x",
                           "The host of scheme://[userinfo@]host[:port], ASCII letters in lower case, IPv6 "
                           "in its brackets. The authority ends at the first / ? # or \\. Null without "
                           "scheme:// at the start, with an empty host, or when a bracket that opens the "
                           "host is not closed.",
                           "[\"https://me:pw@Example.com:8080/a?b\"] -> \"example.com\"; "
                           "[\"http://[::1]:80\"] -> \"[::1]\"; [\"example.com/a\"] -> null; "
                           "[\"http:///a\"] -> null"};
  Outcome call(StringView& out, Arena& arena, StringView x) const {
    UrlParts parts;
    if (!split_url(parts, x)) return Outcome::kNull;
    return convert_ascii<false>(out, arena, parts.host);
  }
};

struct UrlPath {
  static constexpr Doc doc{"urlPath", "x",
                           "What follows the authority of a URL up to ? or #, as written; \"/\" when that "
                           "is empty. Null where urlHost is null.",
                           "[\"http://a.com/b/c?d=1#e\"] -> \"/b/c\"; [\"http://a.com?d\"] -> \"/\"; "
                           "[\"/b\"] -> null"};
  static constexpr unsigned effects = kMayNull;
  Outcome call(StringView& out, StringView x) const {
    UrlParts parts;
    if (!split_url(parts, x)) return Outcome::kNull;
    const uint8_t* const begin = parts.rest.bytes();
    const uint8_t* const end = begin + parts.rest.size;
    const uint8_t* p = begin;
    while (p != end && *p != '?' && *p != '#') ++p;
    out = p == begin ? StringView{"/", 1} : utf8::view(begin, p);
    return Outcome::kOk;
  }
};

struct Ipv4ToInt {
  static constexpr Doc doc{"ipv4ToInt", "x",
                           "The number of an IPv4 address in strict dotted decimals (four parts of 0 to 255 "
                           "without leading zeros, nothing around them); null for any other text.",
                           "[\"192.168.0.1\"] -> 3232235521; [\"1.2.3\"] -> null; [\"1.2.3.04\"] -> null"};
  static constexpr unsigned effects = kMayNull;
  Outcome call(int64_t& out, StringView x) const {
    uint32_t address;
    if (!ip::parse_v4(address, x.bytes(), x.bytes() + x.size)) return Outcome::kNull;
    out = address;
    return Outcome::kOk;
  }
};

struct IsIpv4 {
  static constexpr Doc doc{"isIPv4", "x", "Whether the text is an IPv4 address as ipv4ToInt reads it.",
                           "[\"10.0.0.255\"] -> true; [\"10.0.0.256\"] -> false; [\"::1\"] -> false"};
  static constexpr bool vectorize = false;
  SK_INLINE bool call(StringView x) const {
    uint32_t address;
    return ip::parse_v4(address, x.bytes(), x.bytes() + x.size);
  }
};

struct IsIpv6 {
  static constexpr Doc doc{"isIPv6", "x",
                           "Whether the text is an IPv6 address as in RFC 4291, section 2.2: groups of 1 to "
                           "4 hexadecimal digits, :: at most once for one or more groups, an IPv4 address "
                           "at the end allowed, no zone.",
                           "[\"2001:db8::1\"] -> true; [\"::ffff:1.2.3.4\"] -> true; [\"fe80::1%eth0\"] -> "
                           "false; [\"1::2::3\"] -> false"};
  static constexpr bool vectorize = false;
  SK_INLINE bool call(StringView x) const {
    ip::Address address;
    return ip::parse_v6(address, x.bytes(), x.bytes() + x.size);
  }
};

struct IpInSubnet {
  static constexpr Doc doc{"ipInSubnet", "x",
                           "Whether the address in the text lies in the subnet. An IPv4 address is in no "
                           "IPv6 subnet nor the reverse; null for a text that is neither.",
                           "[\"10.1.2.3\"] {\"cidr\": \"10.0.0.0/8\"} -> true; [\"2001:db9::\"] {\"cidr\": "
                           "\"2001:db8::/32\"} -> false; [\"10.0.0\"] {\"cidr\": \"10.0.0.0/8\"} -> null"};
  static constexpr unsigned effects = kMayNull;
  static constexpr ParamSpec params[] = {
      {"cidr", ParamKind::kUtf8, nullptr,
       "Address, slash and prefix length; bits past the prefix are ignored."}};

  const char* init(const Params& p) {
    constexpr const char* wrong =
        "cidr must be an address and a prefix length, such as 10.0.0.0/8 or 2001:db8::/32";
    const std::string& cidr = p.utf8("cidr");
    const size_t slash = cidr.find('/');
    if (slash == std::string::npos) return wrong;
    ip::Address address;
    if (!ip::parse(address, {cidr.data(), static_cast<int64_t>(slash)})) return wrong;
    const size_t digits = cidr.size() - slash - 1;
    if (digits < 1 || digits > 3 || (digits > 1 && cidr[slash + 1] == '0')) return wrong;
    int length = 0;
    for (size_t i = slash + 1; i < cidr.size(); ++i) {
      if (cidr[i] < '0' || cidr[i] > '9') return wrong;
      length = length * 10 + (cidr[i] - '0');
    }
    if (length > (address.v6 ? 128 : 32)) return wrong;
    v6_ = address.v6;
    high_mask_ = v6_ ? leading_ones(length) : 0;
    low_mask_ = v6_ ? leading_ones(length - 64) : leading_ones(length) >> 32;
    high_ = address.high & high_mask_;
    low_ = address.low & low_mask_;
    return nullptr;
  }

  Outcome call(bool& out, StringView x) const {
    ip::Address address;
    if (!ip::parse(address, x)) return Outcome::kNull;
    out = address.v6 == v6_ && (address.high & high_mask_) == high_ && (address.low & low_mask_) == low_;
    return Outcome::kOk;
  }

 private:
  static uint64_t leading_ones(int n) { return n <= 0 ? 0 : n >= 64 ? ~uint64_t{0} : ~(~uint64_t{0} >> n); }

  bool v6_ = false;
  uint64_t high_mask_ = 0, low_mask_ = 0, high_ = 0, low_ = 0;
};

using NetFunctions = FunctionList<EmailDomain, UrlHost, UrlPath, Ipv4ToInt, IsIpv4, IsIpv6, IpInSubnet>;

}  // namespace skewless::ops
