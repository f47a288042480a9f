// Compiler-level choices that every native file shares. The floating-point policy itself (no contraction,
// no fast-math) is set in CMakeLists.txt and checked here, so that a foreign build cannot lose it silently.
#pragma once

#if __cplusplus < 202002L && !defined(_MSC_VER)
#error "skewless needs C++20"
#endif
#ifdef __FAST_MATH__
#error "skewless must not be built with -ffast-math: row and batch results would differ"
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define SK_INLINE __forceinline
#define SK_RESTRICT __restrict
#define SK_LIKELY(x) (x)
#define SK_UNLIKELY(x) (x)
#define SK_NOINLINE __declspec(noinline)
#else
// Always inlined, so that one body is compiled again inside each instruction-set variant of a loop.
#define SK_INLINE inline __attribute__((always_inline))
#define SK_RESTRICT __restrict__
#define SK_LIKELY(x) __builtin_expect(!!(x), 1)
#define SK_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define SK_NOINLINE __attribute__((noinline))
#endif
