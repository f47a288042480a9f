// Complete trees of float32 comparisons, kLanes rows at a time: thresholds and columns of the upper levels are permuted
// within registers, values gathered from a block of 16 rows, which lies in the first-level cache.
#pragma once
#include "score/trees_walk.h"

#ifdef SK_X86_VARIANTS
// GCC 12 takes the operands that its own intrinsics leave undefined for mistakes.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include <utility>

namespace skewless::score::x86 {

#define SK_AVX512_INLINE SK_TARGET_AVX512 static inline __attribute__((always_inline))
#define SK_AVX2_INLINE SK_TARGET_AVX2 static inline __attribute__((always_inline))

// Gathers into a cleared register. A plain gather leaves its destination as it was, so each waits for the one before, and
// GCC drops the clearing where it knows that all lanes are wanted: `all` is all lanes, but the compiler must not know.
// 100 trees of depth 6 took 0.33 us a row the other way.
SK_AVX512_INLINE __m512 gather(const float* from, __m512i at, __mmask16 all) {
  return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), all, at, from, 4);
}
SK_AVX512_INLINE __m512i gather(const int32_t* from, __m512i at, __mmask16 all) {
  return _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), all, at, from, 4);
}
inline uint16_t hidden_all() {
  uint16_t all = 0xffff;
  __asm__("" : "+r"(all));
  return all;
}

// What a tree's upper levels hold, by the place of a node.
struct Avx512Nodes {
  const float* thresholds;
  const int32_t* offsets;
  __m512 t0, t1, t2, t3;
  __m512i o0, o1, o2, o3;
  __mmask16 all;
  int64_t top[8];  // columns of the nodes of levels 0 to 2
};

template <int kLevel>
SK_AVX512_INLINE __m512 thresholds_at(const Avx512Nodes& n, __m512i at) {
  if constexpr (kLevel < 4) return _mm512_permutexvar_ps(at, n.t0);
  else if constexpr (kLevel == 4) return _mm512_permutexvar_ps(at, n.t1);
  else if constexpr (kLevel == 5) return _mm512_permutex2var_ps(n.t2, at, n.t3);
  else return gather(n.thresholds, at, n.all);
}
template <int kLevel>
SK_AVX512_INLINE __m512i offsets_at(const Avx512Nodes& n, __m512i at) {
  if constexpr (kLevel < 4) return _mm512_permutexvar_epi32(at, n.o0);
  else if constexpr (kLevel == 4) return _mm512_permutexvar_epi32(at, n.o1);
  else if constexpr (kLevel == 5) return _mm512_permutex2var_epi32(n.o2, at, n.o3);
  else return gather(n.offsets, at, n.all);
}

// From places of level kLevel to places of the next, by the values that the nodes compare.
template <int kLevel, bool kMissing>
SK_AVX512_INLINE __mmask16 avx512_not_less(const Avx512Nodes& n, __m512i at, __m512 value) {
  const __mmask16 not_less = _mm512_cmp_ps_mask(value, thresholds_at<kLevel>(n, at), _CMP_NLT_UQ);
  if constexpr (!kMissing) return not_less;
  const __mmask16 missing = _mm512_movepi32_mask(offsets_at<kLevel>(n, at));
  return static_cast<__mmask16>(not_less & ~(missing & _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q)));
}
SK_AVX512_INLINE __m512i avx512_next(__m512i at, __mmask16 not_less) {
  const __m512i twice = _mm512_add_epi32(at, at);
  return _mm512_mask_add_epi32(twice, not_less, twice, _mm512_set1_epi32(1));
}
SK_AVX512_INLINE __m512 avx512_pick(__mmask16 second, const float* first, const float* other) {
  return _mm512_mask_loadu_ps(_mm512_loadu_ps(first), second, other);
}

// Levels 0 to 2 load the columns of all their nodes and choose, which is cheaper than a gather.
template <int kDepth, bool kMissing>
SK_AVX512_INLINE __m512i avx512_top(const Avx512Nodes& n, const float* x) {
  __m512i at = _mm512_set1_epi32(1);
  if constexpr (kDepth > 0) {
    const __mmask16 k0 = avx512_not_less<0, kMissing>(n, at, _mm512_loadu_ps(x + n.top[1]));
    at = avx512_next(at, k0);
    if constexpr (kDepth > 1) {
      const __mmask16 k1 = avx512_not_less<1, kMissing>(n, at, avx512_pick(k0, x + n.top[2], x + n.top[3]));
      at = avx512_next(at, k1);
      if constexpr (kDepth > 2) {
        const __m512 less = avx512_pick(k0, x + n.top[4], x + n.top[6]), not_less = avx512_pick(k0, x + n.top[5], x + n.top[7]);
        at = avx512_next(at, avx512_not_less<2, kMissing>(n, at, _mm512_mask_blend_ps(k1, less, not_less)));
      }
    }
  }
  return at;
}

template <int kDepth, bool kMissing, int kLevel = 3>
SK_AVX512_INLINE __m512i avx512_levels(const Avx512Nodes& n, const float* x, __m512i lanes, __m512i at) {
  if constexpr (kLevel >= kDepth) {
    return at;
  } else {
    __m512i offset = offsets_at<kLevel>(n, at);
    if constexpr (kMissing) offset = _mm512_and_epi32(offset, _mm512_set1_epi32(0x7fffffff));
    const __m512 value = gather(x, _mm512_add_epi32(offset, lanes), n.all);
    return avx512_levels<kDepth, kMissing, kLevel + 1>(n, x, lanes, avx512_next(at, avx512_not_less<kLevel, kMissing>(n, at, value)));
  }
}

template <int kDepth, bool kMissing>
SK_AVX512_INLINE Avx512Nodes avx512_nodes(const TreeCall<float>& c) {
  Avx512Nodes n;
  n.all = hidden_all();
  for (int k = 0; k < 8; ++k) n.top[k] = c.layout->offsets.data()[c.tree->first + static_cast<size_t>(k)];
  n.thresholds = c.layout->thresholds.data() + c.tree->first;
  n.offsets = (kMissing ? c.layout->signed_offsets : c.layout->offsets).data() + c.tree->first;
  n.t0 = n.t1 = n.t2 = n.t3 = _mm512_load_ps(n.thresholds);
  n.o0 = n.o1 = n.o2 = n.o3 = _mm512_load_si512(n.offsets);
  if constexpr (kDepth > 4) {
    n.t1 = _mm512_load_ps(n.thresholds + 16);
    n.o1 = _mm512_load_si512(n.offsets + 16);
  }
  if constexpr (kDepth > 5) {
    n.t2 = _mm512_load_ps(n.thresholds + 32);
    n.t3 = _mm512_load_ps(n.thresholds + 48);
    n.o2 = _mm512_load_si512(n.offsets + 32);
    n.o3 = _mm512_load_si512(n.offsets + 48);
  }
  return n;
}

template <int kDepth>
SK_TARGET_AVX512 void avx512_walk(const TreeCall<float>& c) {
  const TreeBlocks<float>& b = c.blocks;
  const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const __m512i first_leaf = _mm512_set1_epi32(c.tree->leaves - (1 << kDepth));
  const int64_t block = b.columns * kLanes;
  const Avx512Nodes plain = avx512_nodes<kDepth, false>(c);
  for (int64_t i = 0; i < b.count; ++i) {
    const float* x = b.values + i * block;
    __m512i at;
    if (SK_UNLIKELY(b.has_nan != nullptr && b.has_nan[i] != 0)) {
      const Avx512Nodes n = avx512_nodes<kDepth, true>(c);
      at = avx512_levels<kDepth, true>(n, x, lanes, avx512_top<kDepth, true>(n, x));
    } else {
      at = avx512_levels<kDepth, false>(plain, x, lanes, avx512_top<kDepth, false>(plain, x));
    }
    _mm512_storeu_si512(c.leaf + i * kLanes, _mm512_add_epi32(at, first_leaf));
  }
}

// ---- AVX2: eight rows a register, the upper three levels within registers

struct Avx2Nodes {
  const float* thresholds;
  const int32_t* offsets;
  __m256 t0;
  __m256i o0;
  __m256i all;
  int64_t top[8];  // columns of the nodes of levels 0 to 2
};

SK_AVX2_INLINE __m256 gather(const float* from, __m256i at, __m256i all) {
  return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), from, at, _mm256_castsi256_ps(all), 4);
}
SK_AVX2_INLINE __m256i gather(const int32_t* from, __m256i at, __m256i all) {
  return _mm256_mask_i32gather_epi32(_mm256_setzero_si256(), from, at, all, 4);
}

// All bits set where the node's comparison is false, and what that makes of its place.
template <bool kMissing>
SK_AVX2_INLINE __m256i avx2_not_less(__m256 value, __m256 threshold, __m256i offset) {
  const __m256i not_less = _mm256_castps_si256(_mm256_cmp_ps(value, threshold, _CMP_NLT_UQ));
  if constexpr (!kMissing) return not_less;
  const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(value, value, _CMP_UNORD_Q));
  return _mm256_andnot_si256(_mm256_and_si256(_mm256_srai_epi32(offset, 31), nan), not_less);
}
SK_AVX2_INLINE __m256i avx2_next(__m256i at, __m256i not_less) { return _mm256_sub_epi32(_mm256_add_epi32(at, at), not_less); }

template <bool kMissing>
SK_AVX2_INLINE __m256i avx2_top_level(const Avx2Nodes& n, __m256i at, __m256 value) {
  return avx2_not_less<kMissing>(value, _mm256_permutevar8x32_ps(n.t0, at), kMissing ? _mm256_permutevar8x32_epi32(n.o0, at) : at);
}
SK_AVX2_INLINE __m256 avx2_pick(__m256i second, const float* first, const float* other) {
  return _mm256_blendv_ps(_mm256_loadu_ps(first), _mm256_loadu_ps(other), _mm256_castsi256_ps(second));
}

template <int kDepth, bool kMissing>
SK_AVX2_INLINE __m256i avx2_top(const Avx2Nodes& n, const float* x) {
  __m256i at = _mm256_set1_epi32(1);
  if constexpr (kDepth > 0) {
    const __m256i k0 = avx2_top_level<kMissing>(n, at, _mm256_loadu_ps(x + n.top[1]));
    at = avx2_next(at, k0);
    if constexpr (kDepth > 1) {
      const __m256i k1 = avx2_top_level<kMissing>(n, at, avx2_pick(k0, x + n.top[2], x + n.top[3]));
      at = avx2_next(at, k1);
      if constexpr (kDepth > 2) {
        const __m256 less = avx2_pick(k0, x + n.top[4], x + n.top[6]), not_less = avx2_pick(k0, x + n.top[5], x + n.top[7]);
        at = avx2_next(at, avx2_top_level<kMissing>(n, at, _mm256_blendv_ps(less, not_less, _mm256_castsi256_ps(k1))));
      }
    }
  }
  return at;
}

template <int kDepth, bool kMissing, int kLevel = 3>
SK_AVX2_INLINE __m256i avx2_levels(const Avx2Nodes& n, const float* x, __m256i lanes, __m256i at) {
  if constexpr (kLevel >= kDepth) {
    return at;
  } else {
    const __m256i offset = gather(n.offsets, at, n.all);
    const __m256i column = kMissing ? _mm256_and_si256(offset, _mm256_set1_epi32(0x7fffffff)) : offset;
    const __m256 value = gather(x, _mm256_add_epi32(column, lanes), n.all);
    const __m256i not_less = avx2_not_less<kMissing>(value, gather(n.thresholds, at, n.all), offset);
    return avx2_levels<kDepth, kMissing, kLevel + 1>(n, x, lanes, avx2_next(at, not_less));
  }
}

template <bool kMissing>
SK_AVX2_INLINE Avx2Nodes avx2_nodes(const TreeCall<float>& c) {
  Avx2Nodes n;
  n.all = _mm256_set1_epi16(static_cast<int16_t>(hidden_all()));
  for (int k = 0; k < 8; ++k) n.top[k] = c.layout->offsets.data()[c.tree->first + static_cast<size_t>(k)];
  n.thresholds = c.layout->thresholds.data() + c.tree->first;
  n.offsets = (kMissing ? c.layout->signed_offsets : c.layout->offsets).data() + c.tree->first;
  n.t0 = _mm256_load_ps(n.thresholds);
  n.o0 = _mm256_load_si256(reinterpret_cast<const __m256i*>(n.offsets));
  return n;
}

template <int kDepth>
SK_TARGET_AVX2 void avx2_walk(const TreeCall<float>& c) {
  const TreeBlocks<float>& b = c.blocks;
  const __m256i lanes = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
  const __m256i first_leaf = _mm256_set1_epi32(c.tree->leaves - (1 << kDepth));
  const Avx2Nodes plain = avx2_nodes<false>(c), with_missing = avx2_nodes<true>(c);
  for (int64_t i = 0; i < 2 * b.count; ++i) {
    const float* x = b.values + (i >> 1) * b.columns * kLanes + (i & 1) * 8;
    __m256i at;
    if (SK_UNLIKELY(b.has_nan != nullptr && b.has_nan[i >> 1] != 0)) at = avx2_levels<kDepth, true>(with_missing, x, lanes, avx2_top<kDepth, true>(with_missing, x));
    else at = avx2_levels<kDepth, false>(plain, x, lanes, avx2_top<kDepth, false>(plain, x));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(c.leaf + i * 8), _mm256_add_epi32(at, first_leaf));
  }
}

using Walk = void (*)(const TreeCall<float>&);
template <int... kDepth>
void avx512_of_depth(const TreeCall<float>& c, std::integer_sequence<int, kDepth...>) {
  static constexpr Walk walks[] = {avx512_walk<kDepth>...};
  walks[c.tree->depth](c);
}
template <int... kDepth>
void avx2_of_depth(const TreeCall<float>& c, std::integer_sequence<int, kDepth...>) {
  static constexpr Walk walks[] = {avx2_walk<kDepth>...};
  walks[c.tree->depth](c);
}
inline void walk_complete_avx512(const TreeCall<float>& c) { avx512_of_depth(c, std::make_integer_sequence<int, kMaxCompleteDepth + 1>{}); }
inline void walk_complete_avx2(const TreeCall<float>& c) { avx2_of_depth(c, std::make_integer_sequence<int, kMaxCompleteDepth + 1>{}); }

}  // namespace skewless::score::x86
#endif
