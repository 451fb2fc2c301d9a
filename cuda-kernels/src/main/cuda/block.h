// Sums and the like over all threads of a block, in an order that never changes.
#pragma once
#include "device.h"

/** The value of lane ^ d; types of several words add an overload. */
template <class V> __device__ __forceinline__ V from_lane_xor(V v, int d) { return __shfl_xor_sync(~0u, v, d); }

/** What `op` makes of the values of 32 lanes, in every lane. */
template <class V, class F> __device__ __forceinline__ V warp_reduce(V v, F op) {
#pragma unroll
    for (int d = 16; d; d >>= 1) v = op(v, from_lane_xor(v, d));
    return v;
}

/**
 * What `op` makes of the values of all threads, in every thread: a tree over the lanes, then over the warps. `none` is
 * op's neutral value, op is commutative to the last bit. The block is one-dimensional, a multiple of 32 threads.
 */
template <class V, class F> __device__ __forceinline__ V block_reduce(V v, V none, F op) {
    __shared__ V part[32];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    v = warp_reduce(v, op);
    __syncthreads();                                              // the last call's values have been read
    if (lane == 0) part[warp] = v;
    __syncthreads();
    return warp_reduce(lane < blockDim.x / 32 ? part[lane] : none, op);
}

struct Sum {
    template <class V> __device__ __forceinline__ V operator()(V a, V b) const { return a + b; }
};
