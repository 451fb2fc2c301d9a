// Sums of exponentials that are found while the greatest term is still being looked for (Milakov & Gimelshein,
// arXiv 1805.02867), in powers of 2.
#pragma once
#include "block.h"
#include "elements.h"

constexpr float log2_e = 1.44269504f, ln_2 = 0.693147181f;

/**
 * Of terms t (logits times a factor that makes them powers of 2): top >= all t, sum = sum of 2^(t - top), and
 * weighted = sum of 2^(t - top) (t - top). One fused multiply-add rounds t - top once, whatever top is: errors of the
 * shift cancel.
 */
struct Exponentials {
    float top = -3.0e38f, sum = 0, weighted = 0;                  // finite, so that no terms + no terms is not NaN

    /** Moves top up; what was summed shrinks. */
    __device__ __forceinline__ void raise(float to) {
        const float down = top - to, shrink = exp2_fast(down);
        weighted = shrink * fmaf(sum, down, weighted);
        sum *= shrink;
        top = to;
    }
    __device__ __forceinline__ void add(float x, float factor) {
        const float d = fmaf(x, factor, -top), e = exp2_fast(d);
        sum += e;
        weighted = fmaf(e, d, weighted);
    }
};

__device__ __forceinline__ Exponentials from_lane_xor(const Exponentials &v, int d) {
    Exponentials o;
    o.top = __shfl_xor_sync(~0u, v.top, d);
    o.sum = __shfl_xor_sync(~0u, v.sum, d);
    o.weighted = __shfl_xor_sync(~0u, v.weighted, d);
    return o;
}

/** Brings the sums of all threads of a block to one top and adds them up, in every thread; `weighted` is left out. */
__device__ __forceinline__ Exponentials block_sums(Exponentials v) {
    v.raise(block_reduce(v.top, v.top, [](float a, float b) { return fmaxf(a, b); }));
    v.sum = block_sum(v.sum);
    return v;
}

struct Merge {
    __device__ __forceinline__ Exponentials operator()(Exponentials a, Exponentials b) const {
        const float top = fmaxf(a.top, b.top);
        a.raise(top);
        b.raise(top);
        a.sum += b.sum;
        a.weighted += b.weighted;
        return a;
    }
};

/** A greatest value and the first place where it stands. */
struct Best {
    float value;
    int index;
};
__device__ __forceinline__ Best from_lane_xor(Best v, int d) {
    return {__shfl_xor_sync(~0u, v.value, d), __shfl_xor_sync(~0u, v.index, d)};
}
/** Grows with x, as an integer; -0 counts as 0. */
__device__ __forceinline__ uint32_t order_of(float x) {
    const uint32_t u = __float_as_uint(x + 0.0f);
    return u ^ (u >> 31 ? 0xffffffffu : 0x80000000u);
}

/** The least and the greatest of 32 lanes' integers, in every lane. */
__device__ __forceinline__ uint32_t warp_least(uint32_t x) {
#ifdef __CUDACC__
    uint32_t y;
    asm volatile("redux.sync.min.u32 %0, %1, 0xffffffff;" : "=r"(y) : "r"(x));
    return y;
#else
    return warp_reduce(x, [](uint32_t a, uint32_t b) { return min(a, b); });
#endif
}
__device__ __forceinline__ uint32_t warp_most(uint32_t x) { return ~warp_least(~x); }

/** The first place of the greatest value, over a warp; values are numbers. Two instructions instead of ten shuffles. */
__device__ __forceinline__ Best warp_best(Best v) {
    const uint32_t order = order_of(v.value), most = warp_most(order);
    const int index = int(warp_least(order == most ? uint32_t(v.index) : 0xffffffffu));
    return {__uint_as_float(most ^ (most >> 31 ? 0x80000000u : 0xffffffffu)), index};
}
/** The same over a block of whole warps, in every thread. */
__device__ __forceinline__ Best block_best(Best v) {
    __shared__ Best part[32];
    const int lane = threadIdx.x % 32;
    v = warp_best(v);
    __syncthreads();                                              // the last call's values have been read
    if (lane == 0) part[threadIdx.x / 32] = v;
    __syncthreads();
    return warp_best(lane < blockDim.x / 32 ? part[lane] : Best{-INFINITY, 0x7fffffff});
}

struct First {
    __device__ __forceinline__ Best operator()(Best a, Best b) const {
        return b.value > a.value || (b.value == a.value && b.index < a.index) ? b : a;
    }
};
