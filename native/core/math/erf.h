// erf and erfc: erfc(x) = exp(-x^2) G(t) / (1 + 2 x) for x >= 0, t = (x - 3.75) / (x + 3.75). The factor 1 +
// 2 x leaves a G between 1 and 1.3 that one polynomial covers for all x (Shepherd and Laframboise, 1981); it
// was fitted anew. All factors are kept as pairs, or the errors would add up to more than two ulps.
#pragma once
#include "core/math/bits.h"
#include "core/math/exp.h"

namespace skewless::math {

SK_INLINE Pair erfc_polynomial(double t) {
  const double t2 = t * t, t4 = t2 * t2, t8 = t4 * t4;
  const double p0 = -0x1.1f367683f89a6p-3 * t;
  const double p1 = 0x1.d5f2948159738p-9 + t * 0x1.510169d09676fp-4;
  const double p2 = -0x1.bda9309a27cc0p-4 + t * 0x1.7a14188a9b3f8p-4;
  const double p3 = -0x1.e0d0fa6e258b5p-5 + t * 0x1.d0b0037d4ba41p-6;
  const double p4 = -0x1.3f603c2c730fap-7 + t * 0x1.cc3a0e81f2693p-10;
  const double p5 = 0x1.33fb1ddc739d4p-12 + t * -0x1.303fa89896b84p-12;
  const double p6 = 0x1.b1452f1ef70bdp-15 + t * 0x1.778d70ad7c7bap-16;
  const double p7 = -0x1.8012552c649e2p-17 + t * -0x1.05c948a14d592p-20;
  const double p8 = 0x1.d7303ef1da52bp-20 + t * -0x1.cadfedc6e7f9ap-25;
  const double p9 = -0x1.19cdc2b9a35b9p-22 + t * 0x1.371e9ce3db2d8p-26;
  const double p10 = 0x1.5ada51156d608p-25 + t * 0x1.0e99faacc218dp-33;
  const double p11 = -0x1.4f485d86157ddp-28 + t * -0x1.fd2d86881c394p-31;
  const double low = (p0 + t2 * p1) + t4 * (p2 + t2 * p3);
  const double middle = (p4 + t2 * p5) + t4 * (p6 + t2 * p7);
  const double high = (p8 + t2 * p9) + t4 * (p10 + t2 * p11);
  return fast_two_sum(0x1.3ccda0b5d5dc2p+0, low + (t8 * (middle + t8 * high) + 0x1.ee0300b5ec29fp-54));
}

// erfc(size) for size >= 0.
SK_INLINE double erfc_of_size(double size) {
  const double a = size > 27.5 ? 27.5 : size;  // 27.3 already gives 0
  const Pair g = erfc_polynomial((a - 3.75) / (a + 3.75));

  const Pair d = two_sum(1.0, a + a);
  const double inverse = 1 / d.hi;
  const double q = g.hi * inverse;
  const Pair back = two_product(q, d.hi);
  const double q_rest = (((g.hi - back.hi) - back.lo) + (g.lo - q * d.lo)) * inverse;

  const Pair square = two_square(a);
  const ExpReduced e = exp_reduce(-square.hi);
  const Pair r = fast_two_sum(e.r, e.c - square.lo);
  const Pair near = exp_near_zero(r.hi, r.lo);
  const Pair m = fast_two_sum(near.hi, near.lo);

  const Pair product = two_product(m.hi, q);
  return scale_by_power(product.hi + (product.lo + (m.hi * q_rest + m.lo * q)), e.biased);
}

// erf(x) / x - 1 for |x| < 0.7.
SK_INLINE double erf_series(double z) {
  const double z2 = z * z, z4 = z2 * z2;
  const double p0 = 0x1.06eba8214db69p-3 + z * -0x1.812746b0379e6p-2;
  const double p1 = 0x1.ce2f21a042a28p-4 + z * -0x1.b82ce31279d64p-6;
  const double p2 = 0x1.565bcd0a72f5cp-8 + z * -0x1.c02db2c8e5233p-11;
  const double p3 = 0x1.f9a2ebdd22327p-14 + z * -0x1.f4cb2c2c2ffd4p-17;
  const double p4 = 0x1.b956f1b171281p-20 + z * -0x1.586e54c045595p-23;
  return (p0 + z2 * p1) + z4 * ((p2 + z2 * p3) + z4 * (p4 + z2 * 0x1.97bf00eddf2fcp-27));
}

SK_INLINE double erf(double x) {
  const double size = std::fabs(x);
  const double small = size + size * erf_series(x * x);
  return flip_sign(size < 0.7 ? small : 1 - erfc_of_size(size), to_bits(x));
}

SK_INLINE double erfc(double x) {
  const double size = std::fabs(x);
  const Pair rest = fast_two_sum(1.0, -x);
  const double small = rest.hi + (rest.lo - x * erf_series(x * x));
  const double large = erfc_of_size(size);
  const double outer = x < 0 ? 2 - large : large;
  return size < 0.7 ? small : outer;
}

}  // namespace skewless::math
