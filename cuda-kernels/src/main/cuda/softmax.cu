// softmax: probabilities of each row at a temperature.
//
//     y = exp(x / temperature) / sum exp(x / temperature)
//
// A row is read once where it fits: a thread keeps its first `held` slices in shared memory and reads the rest again,
// last slice first, because what was read last is still in the L2. With one block of 1,024 threads on each of 132
// multiprocessors and 192 KiB held, what is read again of 128,256 bf16 is 8 MiB at any time; with nothing held and three
// blocks of 512 it was 100 MiB, twice the L2.
//
// reads       x [rows, columns], bf16 or f32; factor = log2(e) / temperature
// shared      held x threads x 16 bytes
// overwrites  y [rows, columns], which may be x
// alignment   any; fast with rows of a multiple of 16 bytes on 16-byte addresses
// registers   softmax_* 64
// test        mvn verify -pl cuda-kernels -am -Dtest=SoftmaxKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar SoftmaxKernelBench
#include "exponentials.h"

template <class T, int N>
__device__ __forceinline__ Exponentials sums(const T *x, T *kept, int held, float factor, int columns) {
    constexpr int Depth = 4;
    const int stride = blockDim.x * N;
    Exponentials s;
    for (int at = threadIdx.x * N, i = 0; at < columns; at += Depth * stride, i += Depth) {
        Slice<T, N> v[Depth];
#pragma unroll
        for (int d = 0; d < Depth; d++)
            if (at + d * stride < columns) v[d] = Slice<T, N>::load(x + at + d * stride);
#pragma unroll
        for (int d = 0; d < Depth; d++) {
            if (at + d * stride >= columns) break;
            if (i + d < held) v[d].store(kept + at + d * stride);
            s.raise(fmaxf(s.top, v[d].greatest() * factor));
#pragma unroll
            for (int j = 0; j < N; j++) s.add(v[d][j], factor);
        }
    }
    return s;
}

template <class T, int N>
__device__ __forceinline__ void divide(T *y, const T *x, const T *kept, int held, Exponentials total, float factor, int columns) {
    constexpr int Depth = 4;
    const int stride = blockDim.x * N, first = threadIdx.x * N;
    const float part = 1.0f / total.sum;
    for (int i = (columns - 1) / stride / Depth * Depth; i >= 0; i -= Depth) {
        Slice<T, N> v[Depth];
#pragma unroll
        for (int d = 0; d < Depth; d++) {
            const int at = first + (i + d) * stride;
            if (at < columns) v[d] = i + d < held ? Slice<T, N>::load(kept + at) : Slice<T, N>::load(x + at);
        }
#pragma unroll
        for (int d = 0; d < Depth; d++) {
            const int at = first + (i + d) * stride;
            if (at >= columns) break;
            float p[N];
#pragma unroll
            for (int j = 0; j < N; j++) p[j] = exp2_fast(fmaf(v[d][j], factor, -total.top)) * part;
            Slice<T, N>::of(p).store(y + at);
        }
    }
}

/** One block a row. */
template <class T> __device__ __forceinline__ void softmax(T *y, const T *x, int columns, float factor, int held) {
    DYNAMIC_SHARED(T, kept);
    constexpr int N = wide<T>;
    const size_t at = size_t(blockIdx.x) * columns;
    x += at, y += at;
    const bool by_slices = columns % N == 0 && aligned(16, x, y);
    const Exponentials total = block_sums(by_slices ? sums<T, N>(x, kept, held, factor, columns) : sums<T, 1>(x, kept, 0, factor, columns));
    if (by_slices) divide<T, N>(y, x, kept, held, total, factor, columns);
    else divide<T, 1>(y, x, kept, 0, total, factor, columns);
}

#define KERNELS(T)                                                                                                     \
    extern "C" __global__ void __launch_bounds__(1024) softmax_##T(T *y, const T *x, int columns, float factor,        \
                                                                   int held) {                                         \
        softmax(y, x, columns, factor, held);                                                                          \
    }                                                                                                                  \
    EXPORT_KERNEL(softmax_##T)
KERNELS(bf16)
KERNELS(f32)
