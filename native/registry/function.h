// How a function is declared. One struct a function, all that is known of it inside:
//
//   struct Log1p {
//     static constexpr Doc doc{"log1p", "x", "Natural logarithm of 1 + x, accurate near zero.",
//                              "[0] -> 0; [-1] -> \"-Infinity\""};
//     SK_INLINE double call(double x) const { return math::log1p(x); }
//   };
//
// The signature of `call` gives the types. Its form gives the contract:
//   R call(A...) const                      total: never null, never fails; null in, null out
//   Outcome call(R& out, A...) const        may answer kNull or a failure; null in, null out
//   Outcome call(R& out, Arena&, A...) const   the same, with memory for a text or list result
//   R/Outcome callNullable(..., Maybe<A>...)   decides about nulls itself; every argument is a Maybe
// A text or list result made by a total `call` must point into an argument (a substring, say).
//
// Optional members:
//   static constexpr int version = 1;            raise when the answer to any input changes
//   static constexpr unsigned effects = ...;     Outcome forms: kMayNull | kMayFail; default both
//   static constexpr bool vectorize = true;      false for a total body that cannot vectorize (tables, loops)
//   bool rare(A...) const; R callRare(A...) const   total forms: inputs that the branch-free `call` gets wrong;
//                                                the executors patch them after the vector loop
//   static constexpr ParamSpec params[] = {...};  static parameters, read once by
//   const char* init(const Params&);             nullptr, or what is wrong with the parameters. After init the
//                                                struct is immutable and shared by threads.
// An overload is another struct of the same doc.name; the first one's doc is shown.
#pragma once
#include <cstdint>

#include "core/arena.h"
#include "core/config.h"
#include "core/outcome.h"
#include "core/values.h"
#include "registry/params.h"

namespace skewless {

constexpr unsigned kMayNull = 1;
constexpr unsigned kMayFail = 2;

struct Doc {
  const char* name;      // camelCase, the TypeScript method's name
  const char* args;      // argument names, comma-separated: "x, low, high"
  const char* text;      // one or more sentences: meaning, units, special cases, source of a formula
  // `[args] {params} -> result`, several joined by "; ". JSON; NaN, infinities and -0 as strings; a timestamp
  // as ticks; an int64 past 2^53 as a string.
  const char* examples;
};

}  // namespace skewless
