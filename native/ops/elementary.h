// Elementary functions on float64, accurate to one ulp (two for pow, the inverse functions, erf, erfc,
// sigmoid, logit and softplus), with the special cases of C99, Annex F. The kernels are in core/math.
#pragma once
#include "core/math/math.h"
#include "registry/function.h"
#include "registry/list.h"

namespace skewless::ops {

struct Exp {
  static constexpr Doc doc{"exp", "x", "e to the power of x.",
                           "[0] -> 1; [1] -> 2.718281828459045; [\"-Infinity\"] -> 0"};
  SK_INLINE double call(double x) const { return math::exp(x); }
};

struct Exp2 {
  static constexpr Doc doc{"exp2", "x", "2 to the power of x; exact for whole x.", "[3] -> 8; [-1] -> 0.5"};
  SK_INLINE double call(double x) const { return math::exp2(x); }
};

struct Expm1 {
  static constexpr Doc doc{"expm1", "x", "exp(x) - 1, accurate near zero.",
                           "[0] -> 0; [1e-10] -> 1.00000000005e-10; [\"-Infinity\"] -> -1"};
  SK_INLINE double call(double x) const { return math::expm1(x); }
};

struct Log {
  static constexpr Doc doc{"log", "x", "Natural logarithm; -Infinity for 0 and NaN below.",
                           "[1] -> 0; [10] -> 2.302585092994046; [0] -> \"-Infinity\"; [-1] -> \"NaN\""};
  SK_INLINE double call(double x) const { return math::log(x); }
};

struct Log2 {
  static constexpr Doc doc{"log2", "x",
                           "Logarithm to base 2; exact for powers of 2, -Infinity for 0 and NaN below.",
                           "[8] -> 3; [0.25] -> -2; [0] -> \"-Infinity\""};
  SK_INLINE double call(double x) const { return math::log2(x); }
};

struct Log10 {
  static constexpr Doc doc{"log10", "x", "Logarithm to base 10; -Infinity for 0 and NaN below.",
                           "[1000] -> 3; [0] -> \"-Infinity\"; [-1] -> \"NaN\""};
  SK_INLINE double call(double x) const { return math::log10(x); }
};

struct Log1p {
  static constexpr Doc doc{"log1p", "x", "log(1 + x), accurate near zero; -Infinity for -1 and NaN below.",
                           "[0] -> 0; [1e-10] -> 9.999999999500001e-11; [-1] -> \"-Infinity\""};
  SK_INLINE double call(double x) const { return math::log1p(x); }
};

struct Pow {
  static constexpr Doc doc{
      "pow", "x, y",
      "x to the power of y with C99's special cases: 1 when y is 0 or x is 1, even for NaN; NaN for a "
      "negative x and a fractional y.",
      "[2, 10] -> 1024; [9, 0.5] -> 3; [-2, 3] -> -8; [-8, 0.5] -> \"NaN\"; [\"NaN\", 0] -> 1"};
  SK_INLINE double call(double x, double y) const { return math::pow(x, y); }
};

struct Sqrt {
  static constexpr Doc doc{"sqrt", "x", "Square root, correctly rounded; NaN below zero.",
                           "[2.25] -> 1.5; [-1] -> \"NaN\"; [\"-0\"] -> \"-0\""};
  SK_INLINE double call(double x) const { return math::sqrt(x); }
};

struct Cbrt {
  static constexpr Doc doc{"cbrt", "x", "Cube root, also of negative numbers.",
                           "[27] -> 3; [-0.125] -> -0.5"};
  SK_INLINE double call(double x) const { return math::cbrt(x); }
};

struct Hypot {
  static constexpr Doc doc{
      "hypot", "x, y",
      "sqrt(x^2 + y^2) without overflow on the way; Infinity if either is infinite, even with NaN.",
      "[3, 4] -> 5; [\"-Infinity\", \"NaN\"] -> \"Infinity\""};
  SK_INLINE double call(double x, double y) const { return math::hypot(x, y); }
};

struct Sin {
  static constexpr Doc doc{
      "sin", "x",
      "Sine of an angle in radians, exact in its reduction for angles of any size; NaN for infinities.",
      "[0] -> 0; [0.5] -> 0.479425538604203; [1e22] -> -0.8522008497671888; [\"Infinity\"] -> \"NaN\""};
  SK_INLINE double call(double x) const { return math::sin_near(x); }
  SK_INLINE bool rare(double x) const { return math::is_far_angle(x); }
  SK_NOINLINE double callRare(double x) const { return math::sin_far(x); }
};

struct Cos {
  static constexpr Doc doc{
      "cos", "x",
      "Cosine of an angle in radians, exact in its reduction for angles of any size; NaN for infinities.",
      "[0] -> 1; [0.5] -> 0.8775825618903728; [\"Infinity\"] -> \"NaN\""};
  SK_INLINE double call(double x) const { return math::cos_near(x); }
  SK_INLINE bool rare(double x) const { return math::is_far_angle(x); }
  SK_NOINLINE double callRare(double x) const { return math::cos_far(x); }
};

struct Tan {
  static constexpr Doc doc{
      "tan", "x",
      "Tangent of an angle in radians, exact in its reduction for angles of any size; NaN for infinities.",
      "[0] -> 0; [0.5] -> 0.5463024898437905; [\"Infinity\"] -> \"NaN\""};
  SK_INLINE double call(double x) const { return math::tan_near(x); }
  SK_INLINE bool rare(double x) const { return math::is_far_angle(x); }
  SK_NOINLINE double callRare(double x) const { return math::tan_far(x); }
};

struct Asin {
  static constexpr Doc doc{"asin", "x", "Arc sine in radians, from -pi/2 to pi/2; NaN outside [-1, 1].",
                           "[1] -> 1.5707963267948966; [0] -> 0; [2] -> \"NaN\""};
  SK_INLINE double call(double x) const { return math::asin(x); }
};

struct Acos {
  static constexpr Doc doc{"acos", "x", "Arc cosine in radians, from 0 to pi; NaN outside [-1, 1].",
                           "[1] -> 0; [-1] -> 3.141592653589793; [2] -> \"NaN\""};
  SK_INLINE double call(double x) const { return math::acos(x); }
};

struct Atan {
  static constexpr Doc doc{"atan", "x", "Arc tangent in radians, from -pi/2 to pi/2.",
                           "[1] -> 0.7853981633974483; [\"-Infinity\"] -> -1.5707963267948966"};
  SK_INLINE double call(double x) const { return math::atan(x); }
};

struct Atan2 {
  static constexpr Doc doc{
      "atan2", "y, x",
      "Angle in radians of the point (x, y) from the positive x axis, from -pi to pi, with C99's rules for "
      "zeros and infinities.",
      "[1, 1] -> 0.7853981633974483; [0, -1] -> 3.141592653589793; [\"-0\", -1] -> -3.141592653589793"};
  SK_INLINE double call(double y, double x) const { return math::atan2(y, x); }
};

struct Sinh {
  static constexpr Doc doc{"sinh", "x", "Hyperbolic sine.", "[0] -> 0; [1] -> 1.1752011936438014"};
  SK_INLINE double call(double x) const { return math::sinh(x); }
};

struct Cosh {
  static constexpr Doc doc{"cosh", "x", "Hyperbolic cosine.", "[0] -> 1; [1] -> 1.5430806348152437"};
  SK_INLINE double call(double x) const { return math::cosh(x); }
};

struct Tanh {
  static constexpr Doc doc{"tanh", "x", "Hyperbolic tangent.",
                           "[0] -> 0; [0.5] -> 0.46211715726000974; [\"Infinity\"] -> 1"};
  SK_INLINE double call(double x) const { return math::tanh(x); }
};

struct Asinh {
  static constexpr Doc doc{"asinh", "x", "Inverse hyperbolic sine.", "[0] -> 0; [1] -> 0.881373587019543"};
  SK_INLINE double call(double x) const { return math::asinh(x); }
};

struct Acosh {
  static constexpr Doc doc{"acosh", "x", "Inverse hyperbolic cosine; NaN below 1.",
                           "[1] -> 0; [1.25] -> 0.6931471805599453; [0.5] -> \"NaN\""};
  SK_INLINE double call(double x) const { return math::acosh(x); }
};

struct Atanh {
  static constexpr Doc doc{"atanh", "x", "Inverse hyperbolic tangent; infinite at -1 and 1, NaN outside.",
                           "[0.25] -> 0.25541281188299536; [1] -> \"Infinity\"; [2] -> \"NaN\""};
  SK_INLINE double call(double x) const { return math::atanh(x); }
};

struct Erf {
  static constexpr Doc doc{"erf", "x",
                           "Error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.",
                           "[0] -> 0; [1] -> 0.8427007929497149; [\"-Infinity\"] -> -1"};
  SK_INLINE double call(double x) const { return math::erf(x); }
};

struct Erfc {
  static constexpr Doc doc{"erfc", "x", "1 - erf(x), accurate where that is tiny.",
                           "[0] -> 1; [5] -> 1.537459794428035e-12; [\"-Infinity\"] -> 2"};
  SK_INLINE double call(double x) const { return math::erfc(x); }
};

struct Sigmoid {
  static constexpr Doc doc{"sigmoid", "x", "Logistic function 1 / (1 + exp(-x)), without overflow.",
                           "[0] -> 0.5; [1] -> 0.7310585786300049; [\"-Infinity\"] -> 0"};
  SK_INLINE double call(double x) const { return math::sigmoid(x); }
};

struct Logit {
  static constexpr Doc doc{"logit", "p",
                           "log(p / (1 - p)), the inverse of sigmoid; infinite at 0 and 1, NaN outside.",
                           "[0.5] -> 0; [0.9375] -> 2.70805020110221; [0] -> \"-Infinity\"; [2] -> \"NaN\""};
  SK_INLINE double call(double p) const { return math::logit(p); }
};

struct Softplus {
  static constexpr Doc doc{"softplus", "x",
                           "log(1 + exp(x)), without overflow: max(x, 0) + log1p(exp(-|x|)).",
                           "[0] -> 0.6931471805599453; [800] -> 800; [\"-Infinity\"] -> 0"};
  SK_INLINE double call(double x) const { return math::softplus(x); }
};

struct Degrees {
  static constexpr Doc doc{"degrees", "x", "Radians to degrees: x times the nearest float64 to 180/pi.",
                           "[0] -> 0; [3.141592653589793] -> 180"};
  SK_INLINE double call(double x) const { return x * 0x1.ca5dc1a63c1f8p+5; }
};

struct Radians {
  static constexpr Doc doc{"radians", "x", "Degrees to radians: x times the nearest float64 to pi/180.",
                           "[0] -> 0; [180] -> 3.141592653589793"};
  SK_INLINE double call(double x) const { return x * 0x1.1df46a2529d39p-6; }
};

struct IsNaN {
  static constexpr Doc doc{"isNaN", "x", "True for NaN. A null stays null.",
                           "[\"NaN\"] -> true; [1] -> false; [null] -> null"};
  SK_INLINE bool call(double x) const { return x != x; }
};

struct IsFinite {
  static constexpr Doc doc{"isFinite", "x", "True unless x is NaN or infinite.",
                           "[1] -> true; [\"NaN\"] -> false; [\"Infinity\"] -> false"};
  SK_INLINE bool call(double x) const { return math::is_finite(x); }
};

struct IsInfinite {
  static constexpr Doc doc{"isInfinite", "x", "True for Infinity and -Infinity.",
                           "[\"-Infinity\"] -> true; [\"NaN\"] -> false"};
  SK_INLINE bool call(double x) const { return math::is_infinite(x); }
};

using ElementaryFunctions =
    FunctionList<Exp, Exp2, Expm1, Log, Log2, Log10, Log1p, Pow, Sqrt, Cbrt, Hypot, Sin, Cos, Tan, Asin, Acos,
                 Atan, Atan2, Sinh, Cosh, Tanh, Asinh, Acosh, Atanh, Erf, Erfc, Sigmoid, Logit, Softplus,
                 Degrees, Radians, IsNaN, IsFinite, IsInfinite>;

}  // namespace skewless::ops
