// Positions on the Earth: latitude and longitude in degrees.
#pragma once
#include <cmath>
#include <limits>

#include "core/math/math.h"
#include "core/text_build.h"
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

constexpr double kEarthRadius = 6371008.8;  // metres: the mean radius (2a + b) / 3 of WGS 84
constexpr double kRadiansPerDegree = 3.141592653589793 / 180.0;
constexpr double kDegreesPerRadian = 180.0 / 3.141592653589793;

SK_INLINE bool in_degrees(double x, double limit) { return (x >= -limit) & (x <= limit); }

// Whether both positions have a meaning; longitudes may wrap around any number of times.
SK_INLINE bool are_positions(double lat1, double lon1, double lat2, double lon2) {
  return in_degrees(lat1, 90) & in_degrees(lat2, 90) & (lon1 - lon1 == 0) & (lon2 - lon2 == 0);
}

SK_INLINE double longitude_angle(double lon1, double lon2) { return (lon2 - lon1) * kRadiansPerDegree; }

// Latitudes are small angles, so that only the longitudes can leave the branch-free sine and cosine.
struct NearTurn {
  static SK_INLINE double sin(double x) { return math::sin_near(x); }
  static SK_INLINE double cos(double x) { return math::cos_near(x); }
};
struct AnyTurn {
  static SK_INLINE double sin(double x) { return math::sin(x); }
  static SK_INLINE double cos(double x) { return math::cos(x); }
};

struct Haversine {
  static constexpr Doc doc{"haversine", "lat1, lon1, lat2, lon2",
                           "Great-circle distance in metres on a sphere of radius 6371008.8 m, by the "
                           "haversine formula. NaN when a latitude is outside [-90, 90] or a longitude is "
                           "not finite.",
                           "[0, 0, 0, 0] -> 0; [12, 34, 12, 34] -> 0; [91, 0, 0, 0] -> \"NaN\""};
  SK_INLINE double call(double lat1, double lon1, double lat2, double lon2) const {
    return distance<NearTurn>(lat1, lon1, lat2, lon2);
  }
  SK_INLINE bool rare(double, double lon1, double, double lon2) const {
    return math::is_far_angle(longitude_angle(lon1, lon2));
  }
  double callRare(double lat1, double lon1, double lat2, double lon2) const {
    return distance<AnyTurn>(lat1, lon1, lat2, lon2);
  }

 private:
  template <class Turn>
  static SK_INLINE double distance(double lat1, double lon1, double lat2, double lon2) {
    const double dphi = (lat2 - lat1) * kRadiansPerDegree;
    const double dl = longitude_angle(lon1, lon2);
    const double s1 = NearTurn::sin(dphi / 2);
    const double s2 = Turn::sin(dl / 2);
    const double c1 = NearTurn::cos(lat1 * kRadiansPerDegree);
    const double c2 = NearTurn::cos(lat2 * kRadiansPerDegree);
    const double a = s1 * s1 + (c1 * c2) * (s2 * s2);
    const double metres = (2 * kEarthRadius) * math::asin(std::sqrt(a > 1 ? 1.0 : a));
    return are_positions(lat1, lon1, lat2, lon2) ? metres : std::numeric_limits<double>::quiet_NaN();
  }
};

struct Bearing {
  static constexpr Doc doc{"bearing", "lat1, lon1, lat2, lon2",
                           "Initial bearing of the great circle from the first position to the second, in "
                           "degrees from 0 (north) clockwise to below 360. NaN when a latitude is outside "
                           "[-90, 90] or a longitude is not finite.",
                           "[0, 0, 0, 90] -> 90; [0, 0, 45, 0] -> 0; [0, 0, 0, -90] -> 270; [0, 0, 91, 0] "
                           "-> \"NaN\""};
  SK_INLINE double call(double lat1, double lon1, double lat2, double lon2) const {
    return direction<NearTurn>(lat1, lon1, lat2, lon2);
  }
  SK_INLINE bool rare(double, double lon1, double, double lon2) const {
    return math::is_far_angle(longitude_angle(lon1, lon2));
  }
  double callRare(double lat1, double lon1, double lat2, double lon2) const {
    return direction<AnyTurn>(lat1, lon1, lat2, lon2);
  }

 private:
  template <class Turn>
  static SK_INLINE double direction(double lat1, double lon1, double lat2, double lon2) {
    const double p1 = lat1 * kRadiansPerDegree;
    const double p2 = lat2 * kRadiansPerDegree;
    const double dl = longitude_angle(lon1, lon2);
    const double c2 = NearTurn::cos(p2);
    const double y = Turn::sin(dl) * c2;
    const double x = NearTurn::cos(p1) * NearTurn::sin(p2) - (NearTurn::sin(p1) * c2) * Turn::cos(dl);
    const double d = math::atan2(y, x) * kDegreesPerRadian;
    const double turned = d < 0 ? d + 360 : d;
    const double degrees = turned == 360 ? 0.0 : turned;
    return are_positions(lat1, lon1, lat2, lon2) ? degrees : std::numeric_limits<double>::quiet_NaN();
  }
};

// How many of the 2^30 equal parts of [-limit, limit] begin at or below x, less one: the 30 bits that
// repeated bisection finds. Borders are exact in double, so that the estimate can be put right by comparison.
SK_INLINE uint64_t bisection_bits(double x, double limit) {
  constexpr int64_t parts = int64_t{1} << 30;
  const double part = limit / static_cast<double>(parts / 2);
  int64_t k = static_cast<int64_t>((x + limit) / part);
  if (k >= parts) k = parts - 1;
  while (k > 0 && x < static_cast<double>(k) * part - limit) --k;
  while (k < parts - 1 && x >= static_cast<double>(k + 1) * part - limit) ++k;
  return static_cast<uint64_t>(k);
}

// The lower 32 bits of x, a zero bit above each.
SK_INLINE uint64_t spread_bits(uint64_t x) {
  x = (x | x << 16) & 0x0000FFFF0000FFFFu;
  x = (x | x << 8) & 0x00FF00FF00FF00FFu;
  x = (x | x << 4) & 0x0F0F0F0F0F0F0F0Fu;
  x = (x | x << 2) & 0x3333333333333333u;
  return (x | x << 1) & 0x5555555555555555u;
}

struct Geohash {
  static constexpr Doc doc{"geohash", "lat, lon, precision",
                           "Geohash of `precision` characters, 1 to 12 (G. Niemeyer's base 32; a border "
                           "belongs to the greater half). Null for another precision and for positions "
                           "outside [-90, 90] and [-180, 180].",
                           "[57.64911, 10.40744, 11] -> \"u4pruydqqvj\"; [0, 0, 1] -> \"s\"; [0, 0, 13] -> "
                           "null; [\"NaN\", 0, 5] -> null"};
  Outcome call(StringView& out, Arena& arena, double lat, double lon, int64_t precision) const {
    if (precision < 1 || precision > 12 || !in_degrees(lat, 90) || !in_degrees(lon, 180))
      return Outcome::kNull;
    uint8_t* at;
    const Outcome outcome = new_text(out, at, arena, precision);
    if (outcome != Outcome::kOk) return outcome;
    // Sixty bits, longitude first.
    uint64_t bits = spread_bits(bisection_bits(lon, 180)) << 1 | spread_bits(bisection_bits(lat, 90));
    for (int64_t i = 0; i < precision; ++i, bits <<= 5)
      at[i] = static_cast<uint8_t>("0123456789bcdefghjkmnpqrstuvwxyz"[bits >> 55 & 31]);
    return Outcome::kOk;
  }
};

struct GridCell {
  static constexpr Doc doc{"gridCell", "lat, lon, size",
                           "Number of the cell of a grid of `size` degrees: floor((lat + 90) / size) * "
                           "ceil(360 / size) + floor((lon + 180) / size), in float64, so that neighbours "
                           "may share a number when size is below 3e-6. Null for a size below 1e-6 and for "
                           "positions outside [-90, 90] and [-180, 180].",
                           "[0, 0, 10] -> 342; [-90, -180, 1] -> 0; [90, 180, 90] -> 12; [0, 0, 0] -> null"};
  static constexpr unsigned effects = kMayNull;
  SK_INLINE Outcome call(int64_t& out, double lat, double lon, double size) const {
    if (!(size >= 1e-6) || !in_degrees(lat, 90) || !in_degrees(lon, 180)) return Outcome::kNull;
    // At most 1.8e8 * 3.6e8 + 3.6e8: far inside the int64 range.
    out = static_cast<int64_t>(std::floor((lat + 90) / size) * std::ceil(360 / size) +
                               std::floor((lon + 180) / size));
    return Outcome::kOk;
  }
};

using GeoFunctions = FunctionList<Haversine, Bearing, Geohash, GridCell>;

}  // namespace skewless::ops
