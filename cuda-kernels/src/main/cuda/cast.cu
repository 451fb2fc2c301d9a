// cast: elements in another type.
//
//     y = x, to nearest, ties to even; f64 becomes bf16 by way of f32
//
// reads       x [n], f64, f32, bf16 or i32
// overwrites  y [n], f64, f32 or bf16
// alignment   any; fast on 16-byte addresses
// registers   cast_* 64
// test        mvn verify -pl cuda-kernels -am -Dtest=CastKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar CastKernelBench
#include "elements.h"

using f64 = double;
using i32 = int;

template <class Y, class X> __device__ __forceinline__ Y convert(X x) {
    if constexpr (sizeof(Y) == 2) return Y(float(x));
    else return Y(x);
}

/** Four elements in one or two accesses. */
template <class T> struct alignas(4 * sizeof(T) < 16 ? 4 * sizeof(T) : 16) Four {
    T v[4];
};

template <class Y, class X> __device__ __forceinline__ void cast(Y *y, const X *x, long long n) {
    constexpr int Depth = 4;
    const long long thread = (long long) blockIdx.x * blockDim.x + threadIdx.x, threads = (long long) gridDim.x * blockDim.x;
    const long long fours = aligned(16, y, x) ? n / 4 : 0;
    for (long long base = (long long) blockIdx.x * blockDim.x * Depth + threadIdx.x; base < fours; base += threads * Depth) {
        Four<X> in[Depth];
#pragma unroll
        for (int d = 0; d < Depth; d++)
            if (base + d * blockDim.x < fours) in[d] = as<const Four<X>>(x)[base + d * blockDim.x];
#pragma unroll
        for (int d = 0; d < Depth; d++) {
            if (base + d * blockDim.x >= fours) break;
            Four<Y> out;
#pragma unroll
            for (int j = 0; j < 4; j++) out.v[j] = convert<Y>(in[d].v[j]);
            as<Four<Y>>(y)[base + d * blockDim.x] = out;
        }
    }
    for (long long i = fours * 4 + thread; i < n; i += threads) y[i] = convert<Y>(x[i]);
}

#define CAST(X, Y)                                                                                       \
    extern "C" __global__ void cast_##X##_##Y(Y *y, const X *x, long long n) { cast(y, x, n); }          \
    EXPORT_KERNEL(cast_##X##_##Y)
CAST(f32, bf16)
CAST(bf16, f32)
CAST(f64, bf16)
CAST(f64, f32)
CAST(f32, f64)
CAST(bf16, f64)
CAST(i32, bf16)
CAST(i32, f32)
CAST(i32, f64)
