// log_prob: log-probability of a target id under the softmax of a row of logits z, with statistics, and its gradient.
//
//     lse = log sum exp(z)       y = z[target] - lse      entropy = lse - sum p z
//     gz = (onehot(target) - exp(z - lse)) gy
//
// reads       z [rows, columns], bf16 or f32 (f32 in the backward pass), once in each pass; targets [rows] i32; stats, gy
//             in the backward pass, which may be given `columns` of the logits from column `first` on: z and gz are that part
// overwrites  y [rows] f32; stats [rows, 3] f32: lse, entropy, 1 if the target is the arg-max (the lower id on equal
//             logits); gz [rows, columns], bf16 or f32, which may be z if it is f32
// alignment   any; fast with rows of a multiple of 16 bytes on 16-byte addresses
// registers   log_prob_forward_* 64
// registers   log_prob_backward_* 56
// test        mvn verify -pl cuda-kernels -am -Dtest=LogProbKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar LogProbKernelBench
#include "exponentials.h"

/** What a thread knows of its part of a row: sums, the greatest logit and in which slice it first stood. */
struct Scan {
    Exponentials sums;
    float greatest = -INFINITY;
    int place = 0x7fffffff;
};

/** Takes in `Depth` slices, `stride` elements apart. */
template <class T, int N, int Depth>
__device__ __forceinline__ void take(Scan &s, const Slice<T, N> *z, int at, int stride) {
    float m[Depth], most = -INFINITY;
#pragma unroll
    for (int d = 0; d < Depth; d++) {
        m[d] = z[d].greatest();
        most = fmaxf(most, m[d]);
    }
    if (most > s.greatest) {
        s.greatest = most;
#pragma unroll
        for (int d = Depth - 1; d >= 0; d--)
            if (m[d] == most) s.place = at + d * stride;
    }
    s.sums.raise(fmaxf(s.sums.top, most * log2_e));
#pragma unroll
    for (int d = 0; d < Depth; d++)
#pragma unroll
        for (int j = 0; j < N; j++) s.sums.add(z[d][j], log2_e);
}

/** The part of a row of `columns` that falls to this thread. */
template <class T, int N> __device__ __forceinline__ Scan scan(const T *z, int columns) {
    constexpr int Depth = 4;
    const int stride = blockDim.x * N;
    Scan s;
    for (int at = threadIdx.x * N; at < columns; at += Depth * stride) {
        Slice<T, N> v[Depth];
#pragma unroll
        for (int d = 0; d < Depth; d++)
            if (at + d * stride < columns) v[d] = Slice<T, N>::load(z + at + d * stride);
        if (at + (Depth - 1) * stride < columns) {
            take<T, N, Depth>(s, v, at, stride);
        } else {
#pragma unroll
            for (int d = 0; d < Depth; d++)
                if (at + d * stride < columns) take<T, N, 1>(s, v + d, at + d * stride, stride);
        }
    }
    return s;
}

/** One block a row. */
template <class T> __device__ __forceinline__ void forward(float *y, float *stats, const T *z, const int *targets, int columns) {
    z += size_t(blockIdx.x) * columns;
    const int target = targets[blockIdx.x];
    const bool by_slices = columns % wide<T> == 0 && aligned(16, z);
    const Scan s = by_slices ? scan<T, wide<T>>(z, columns) : scan<T, 1>(z, columns);
    const Exponentials total = block_reduce(s.sums, Exponentials(), Merge());
    const Best best = block_reduce(Best{s.greatest, s.place}, Best{-INFINITY, 0x7fffffff}, First());
    if (threadIdx.x) return;
    int first = best.index == 0x7fffffff ? 0 : best.index;        // of the slice; look inside
    if (by_slices)
        while (first + 1 < columns && float(z[first]) != best.value && first < best.index + wide<T> - 1) first++;
    const float log_sum = log2f(total.sum);
    y[blockIdx.x] = (fmaf(float(z[target]), log2_e, -total.top) - log_sum) * ln_2;
    stats += 3 * size_t(blockIdx.x);
    stats[0] = (total.top + log_sum) * ln_2;
    stats[1] = (log_sum - total.weighted / total.sum) * ln_2;
    stats[2] = target == first ? 1.0f : 0.0f;
}

/** `tiles` blocks a row. The gradient is of type G, a thread takes 16 bytes of it at a time. */
template <class G, int N>
__device__ __forceinline__ void gradient(G *gz, const f32 *z, float lse, float gy, int target, int columns, int tile, int tiles) {
    constexpr int Depth = 4;
    const float shift = lse * log2_e;
    for (int at = (tile * Depth * blockDim.x + threadIdx.x) * N; at < columns; at += tiles * Depth * blockDim.x * N) {
        const int stride = blockDim.x * N;
        Slice<f32, N> v[Depth];
#pragma unroll
        for (int d = 0; d < Depth; d++)
            if (at + d * stride < columns) v[d] = Slice<f32, N>::load(z + at + d * stride);
#pragma unroll
        for (int d = 0; d < Depth; d++) {
            const int i = at + d * stride;
            if (i >= columns) break;
            float g[N];
#pragma unroll
            for (int j = 0; j < N; j++)
                g[j] = ((i + j == target ? 1.0f : 0.0f) - exp2_fast(fmaf(v[d][j], log2_e, -shift))) * gy;
            Slice<G, N>::of(g).store(gz + i);
        }
    }
}

template <class G>
__device__ __forceinline__ void backward(G *gz, const f32 *z, const int *targets, int first, const float *stats, const float *gy,
                                         int columns, int tiles) {
    const int row = blockIdx.x / tiles, tile = blockIdx.x % tiles, target = targets[row] - first;
    const size_t at = size_t(row) * columns;
    const float lse = stats[3 * size_t(row)], g = gy[row];
    if (columns % wide<G> == 0 && aligned(16, z + at, gz + at))
        gradient<G, wide<G>>(gz + at, z + at, lse, g, target, columns, tile, tiles);
    else
        gradient<G, 1>(gz + at, z + at, lse, g, target, columns, tile, tiles);
}

#define KERNELS(T)                                                                                                       \
    extern "C" __global__ void __launch_bounds__(512, 2)                                                                 \
    log_prob_forward_##T(float *y, float *stats, const T *z, const int *targets, int columns) {                          \
        forward(y, stats, z, targets, columns);                                                                          \
    }                                                                                                                    \
    EXPORT_KERNEL(log_prob_forward_##T)                                                                                  \
    extern "C" __global__ void __launch_bounds__(256)                                                                    \
    log_prob_backward_##T(T *gz, const f32 *z, const int *targets, int first, const float *stats, const float *gy,       \
                          int columns, int tiles) {                                                                      \
        backward(gz, z, targets, first, stats, gy, columns, tiles);                                                      \
    }                                                                                                                    \
    EXPORT_KERNEL(log_prob_backward_##T)
KERNELS(bf16)
KERNELS(f32)
