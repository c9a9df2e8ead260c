// Vectors as wide as the processor's, and what the network computes with them. Every sum is made in a fixed order.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace logster {

constexpr int HEADS = 4;
constexpr int HEAD_WIDTH = 32;
constexpr int HIDDEN = HEADS * HEAD_WIDTH;
// a projected node: its value, then its score as a source and as a target of attention, per head
constexpr int PROJECTED = HIDDEN + 2 * HEADS;

// The widest vector the processor has. Sums over a vector's lanes are made in a fixed order below.
#if defined(__AVX512F__)
constexpr int LANES = 16;
#elif defined(__AVX__)
constexpr int LANES = 8;
#else
constexpr int LANES = 4;
#endif
// Sums stay in registers only where the loops over them are laid out one by one.
#define UNROLLED _Pragma("GCC unroll 16")
// as many heads as there are registers for their sums
constexpr int HEADS_AT_ONCE = LANES / 4;
constexpr int VECTORS = HEADS_AT_ONCE * HEAD_WIDTH / LANES;

typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t Ints __attribute__((vector_size(LANES * sizeof(float))));
typedef float Four __attribute__((vector_size(4 * sizeof(float))));
typedef int32_t FourInts __attribute__((vector_size(4 * sizeof(float))));

template <typename V>
inline V load(const float* from) {
  V value;
  std::memcpy(&value, from, sizeof(V));
  return value;
}

template <typename V>
inline void store(float* to, V value) {
  std::memcpy(to, &value, sizeof(V));
}

template <typename V>
inline V all(float value) {
  return V{} + value;
}

/**
 * a * b + c, rounded once where the processor can. Asked for by name: a compiler left to choose (-ffp-contract=fast)
 * chooses differently from place to place, and a row's bits would depend on its company.
 */
template <typename V>
inline V fma(V a, V b, V c) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64) return reinterpret_cast<V>(_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c));
#endif
#if defined(__FMA__)
  if constexpr (sizeof(V) == 32) return reinterpret_cast<V>(_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c));
  if constexpr (sizeof(V) == 16) return reinterpret_cast<V>(_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c));
#endif
  return a * b + c;
}

inline float sumOf(Vector v) {
  float sum = 0;
  for (int lane = 0; lane < LANES; lane++) sum += v[lane];
  return sum;
}

/** e^x after the single-precision exp of the Cephes library (S. Moshier), relative error about 1e-7; x within +-87. */
template <typename V, typename I>
inline V exponential(V x) {
  const V rounder = all<V>(12582912.0f);  // 1.5 * 2^23: adding it rounds to the nearest whole number
  V n = fma(x, all<V>(1.44269502f), rounder);
  n = n - rounder;
  const V high = fma(n, all<V>(-0.693359375f), x);
  const V r = fma(n, all<V>(2.1219444e-4f), high);
  V y = all<V>(1.98756915e-4f);
  y = fma(y, r, all<V>(1.39819995e-3f));
  y = fma(y, r, all<V>(8.33345191e-3f));
  y = fma(y, r, all<V>(4.16657959e-2f));
  y = fma(y, r, all<V>(1.66666655e-1f));
  y = fma(y, r, all<V>(0.5f));
  y = fma(y * r, r, r) + all<V>(1.0f);
  const I power = (__builtin_convertvector(n, I) + 127) << 23;
  V scale;
  std::memcpy(&scale, &power, sizeof(V));
  return y * scale;
}

template <typename V>
inline V held(V x, float limit) {
  const V high = all<V>(limit);
  x = x > high ? high : x;
  return x < -high ? -high : x;
}

/** x > 0 ? x : e^x - 1 */
inline Vector elu(Vector x) {
  const Vector zero = Vector{};
  const Vector below = held(x < zero ? x : zero, 87.0f);
  return x > zero ? x : exponential<Vector, Ints>(below) - 1.0f;
}

/** The slope of the ELU whose result was y. */
inline Vector eluSlope(Vector y) { return y > Vector{} ? all<Vector>(1.0f) : y + 1.0f; }

inline float dot(const float* a, const float* b) {
  Vector sum = Vector{};
  for (int v = 0; v < HIDDEN; v += LANES) sum = fma(load<Vector>(a + v), load<Vector>(b + v), sum);
  return sumOf(sum);
}

/** Room that is kept between calls and only grows, so that a batch costs no page faults. */
template <typename T>
inline void grow(std::vector<T>& to, size_t length) {
  if (to.size() < length) to.resize(length);
}

}  // namespace logster
