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
struct First {
    __device__ __forceinline__ Best operator()(Best a, Best b) const {
        return b.value > a.value || (b.value == a.value && b.index < a.index) ? b : a;
    }
};
