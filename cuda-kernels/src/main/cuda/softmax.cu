// softmax: probabilities of each row at a temperature.
//
//     y = exp(x / temperature) / sum exp(x / temperature)
//
// reads       x [rows, columns], bf16 or f32, twice: the second time from a cache; factor = log2(e) / temperature
// overwrites  y [rows, columns], which may be x
// alignment   any; fast with rows of a multiple of 16 bytes on 16-byte addresses
// registers   softmax_* 40
// test        mvn verify -pl cuda-kernels -am -Dtest=SoftmaxKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar SoftmaxKernelBench
#include "exponentials.h"

template <class T, int N> __device__ __forceinline__ Exponentials sums(const T *x, float factor, int columns) {
    constexpr int Depth = 4;
    const int stride = blockDim.x * N;
    Exponentials s;
    for (int at = threadIdx.x * N; at < columns; at += Depth * stride) {
        Slice<T, N> v[Depth];
#pragma unroll
        for (int d = 0; d < Depth; d++)
            if (at + d * stride < columns) v[d] = Slice<T, N>::load(x + at + d * stride);
#pragma unroll
        for (int d = 0; d < Depth; d++) {
            if (at + d * stride >= columns) break;
            s.raise(fmaxf(s.top, v[d].greatest() * factor));
#pragma unroll
            for (int j = 0; j < N; j++) s.add(v[d][j], factor);
        }
    }
    return s;
}

template <class T, int N>
__device__ __forceinline__ void divide(T *y, const T *x, Exponentials total, float factor, int columns) {
    const float part = 1.0f / total.sum;
    for (int i = threadIdx.x * N; i < columns; i += blockDim.x * N) {
        const auto v = Slice<T, N>::load(x + i);
        float p[N];
#pragma unroll
        for (int j = 0; j < N; j++) p[j] = exp2_fast(fmaf(v[j], factor, -total.top)) * part;
        Slice<T, N>::of(p).store(y + i);
    }
}

/** One block a row. */
template <class T> __device__ __forceinline__ void softmax(T *y, const T *x, int columns, float factor) {
    constexpr int N = wide<T>;
    const size_t at = size_t(blockIdx.x) * columns;
    x += at, y += at;
    const bool by_slices = columns % N == 0 && aligned(16, x, y);
    const Exponentials mine = by_slices ? sums<T, N>(x, factor, columns) : sums<T, 1>(x, factor, columns);
    const Exponentials total = block_reduce(mine, Exponentials(), Merge());
    if (by_slices) divide<T, N>(y, x, total, factor, columns);
    else divide<T, 1>(y, x, total, factor, columns);
}

#define KERNELS(T)                                                                                                     \
    extern "C" __global__ void __launch_bounds__(512) softmax_##T(T *y, const T *x, int columns, float factor) {       \
        softmax(y, x, columns, factor);                                                                                \
    }                                                                                                                  \
    EXPORT_KERNEL(softmax_##T)
KERNELS(bf16)
KERNELS(f32)
