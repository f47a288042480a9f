// The elementary functions, complete for every argument: what other families call. All are within one ulp, or
// two for pow, the inverse functions, erf, erfc, sigmoid, logit and softplus (native/test/math_test.cc
// measures them).
#pragma once
#include "core/math/erf.h"
#include "core/math/exp.h"
#include "core/math/hyperbolic.h"
#include "core/math/inverse_trig.h"
#include "core/math/log.h"
#include "core/math/logistic.h"
#include "core/math/pow.h"
#include "core/math/root.h"
#include "core/math/trig.h"
