// reduce: sums along an axis, greatest elements, sums of squares and the factor of clipping.
//
//     reduce_parts      parts[block] = the block's share of sum(x) or sum(x^2), f64
//     reduce_total      y = sum(parts), rounded to x's type
//     reduce_squares    y = sum(parts), f64; parts of many tensors may lie end to end: one norm for all of them
//     reduce_clip       factor = min(1, limit / (sqrt(squares) + 1e-6)), 1 if limit is 0: what adamw.cu reads
//     reduce_rows       y[row] = sum(x[row])                                                              (Axis.LAST)
//     reduce_columns    parts[share, column] = the sum of the share's rows; reduce_merge adds them up     (Axis.ROWS)
//     reduce_max        y[row] = max(x[row]), index[row] = the first place where it stands; a row that begins with NaN: that
//
// reads       x [rows, columns], bf16 or f32; sums run in f32 over short runs, then as said
// overwrites  all that it writes
// alignment   any; fast on 16-byte addresses; f64 on 8
// registers   reduce_* 56
// test        mvn verify -pl cuda-kernels -am -Dtest=ReduceKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar ReduceKernelBench
#include "block.h"
#include "columns.h"
#include "exponentials.h"

template <class T, int N> __device__ __forceinline__ double share(const T *x, int squares, long long count) {
    constexpr int Depth = 4;
    double sum = 0;
    for (long long base = (long long) blockIdx.x * blockDim.x * Depth + threadIdx.x; base < count; base += (long long) gridDim.x * blockDim.x * Depth) {
        Slice<T, N> v[Depth];
#pragma unroll
        for (int d = 0; d < Depth; d++)
            if (base + d * blockDim.x < count) v[d] = Slice<T, N>::load(x + (base + d * blockDim.x) * N);
        float run = 0;
#pragma unroll
        for (int d = 0; d < Depth; d++) {
            if (base + d * blockDim.x >= count) break;
#pragma unroll
            for (int j = 0; j < N; j++) run += squares ? v[d][j] * v[d][j] : v[d][j];
        }
        sum += run;
    }
    return sum;
}

template <class T> __device__ __forceinline__ void parts_of(double *parts, const T *x, int squares, long long n) {
    double sum;
    if (aligned(16, x)) {
        sum = share<T, wide<T>>(x, squares, n / wide<T>);
        const long long i = n / wide<T> * wide<T> + threadIdx.x;
        if (blockIdx.x == 0 && i < n) sum += squares ? float(x[i]) * float(x[i]) : float(x[i]);
    } else {
        sum = share<T, 1>(x, squares, n);
    }
    sum = block_reduce(sum, 0.0, Sum());
    if (threadIdx.x == 0) parts[blockIdx.x] = sum;
}

/** One block. */
__device__ __forceinline__ double total(const double *parts, int count) {
    double sum = 0;
    for (int i = threadIdx.x; i < count; i += blockDim.x) sum += parts[i];
    return block_reduce(sum, 0.0, Sum());
}

extern "C" __global__ void reduce_squares(double *y, const double *parts, int count) {
    const double sum = total(parts, count);
    if (threadIdx.x == 0) *y = sum;
}
EXPORT_KERNEL(reduce_squares)

extern "C" __global__ void reduce_clip(float *factor, const double *squares, float limit) {
    *factor = limit > 0 ? float(fmin(1.0, double(limit) / (sqrt(*squares) + 1e-6))) : 1.0f;
}
EXPORT_KERNEL(reduce_clip)

/** Slices or elements of a row that fall to this thread, blockDim.x apart. */
template <class T, int N> __device__ __forceinline__ float row_share(const T *x, int columns) {
    constexpr int Depth = 4;
    const int stride = blockDim.x * N;
    float sum = 0;
    for (int at = threadIdx.x * N; at < columns; at += Depth * stride) {
        Slice<T, N> v[Depth];
#pragma unroll
        for (int d = 0; d < Depth; d++)
            if (at + d * stride < columns) v[d] = Slice<T, N>::load(x + at + d * stride);
#pragma unroll
        for (int d = 0; d < Depth; d++) {
            if (at + d * stride >= columns) break;
#pragma unroll
            for (int j = 0; j < N; j++) sum += v[d][j];
        }
    }
    return sum;
}

/** A warp of its own for each row (blockDim 32, rows) or a block (blockDim x, 1). */
template <class T> __device__ __forceinline__ void rows_of(T *y, const T *x, int rows, int columns) {
    const int row = blockIdx.x * blockDim.y + threadIdx.y;
    if (row >= rows) return;                                      // whole warps; a block of one row never leaves here
    x += size_t(row) * columns;
    float sum = columns % wide<T> == 0 && aligned(16, x) ? row_share<T, wide<T>>(x, columns) : row_share<T, 1>(x, columns);
    sum = blockDim.x == 32 ? warp_reduce(sum, Sum()) : block_reduce(sum, 0.0f, Sum());
    if (threadIdx.x == 0) y[row] = T(sum);
}

/** 32 x 8 threads take 32 N columns; rows blockIdx.y * 8 + y, gridDim.y * 8 apart. */
template <class T, int N> __device__ __forceinline__ void columns_share(float *parts, const T *x, int rows, int columns) {
    __shared__ float part[8][32 * N];
    const int column = (blockIdx.x * 32 + threadIdx.x) * N;
    float sum[N] = {};
    if (column < columns) {
#pragma unroll 4
        for (int row = blockIdx.y * 8 + threadIdx.y; row < rows; row += gridDim.y * 8) {
            const auto v = Slice<T, N>::load(x + size_t(row) * columns + column);
#pragma unroll
            for (int j = 0; j < N; j++) sum[j] += v[j];
        }
    }
#pragma unroll
    for (int j = 0; j < N; j++) part[threadIdx.y][j * 32 + threadIdx.x] = sum[j];
    __syncthreads();
    if (threadIdx.y || column >= columns) return;
#pragma unroll
    for (int j = 0; j < N; j++) {
#pragma unroll
        for (int k = 1; k < 8; k++) sum[j] += part[k][j * 32 + threadIdx.x];
        parts[size_t(blockIdx.y) * columns + column + j] = sum[j];
    }
}

/** The grid covers the columns one by one if they do not come in slices: blocks without columns do nothing. */
template <class T> __device__ __forceinline__ void columns_of(float *parts, const T *x, int rows, int columns) {
    if (columns % wide<T> == 0 && aligned(16, x)) columns_share<T, wide<T>>(parts, x, rows, columns);
    else columns_share<T, 1>(parts, x, rows, columns);
}

template <class T, int N> __device__ __forceinline__ Best best_share(const T *x, int columns) {
    constexpr int Depth = 4;
    const int stride = blockDim.x * N;
    Best best = {-INFINITY, 0x7fffffff};
    for (int at = threadIdx.x * N; at < columns; at += Depth * stride) {
        Slice<T, N> v[Depth];
#pragma unroll
        for (int d = 0; d < Depth; d++)
            if (at + d * stride < columns) v[d] = Slice<T, N>::load(x + at + d * stride);
#pragma unroll
        for (int d = 0; d < Depth; d++) {
            if (at + d * stride >= columns) break;
            const float most = fmaxf(v[d].greatest(), -INFINITY); // all NaN: a number, for warp_best
            if (most > best.value || best.index == 0x7fffffff) {
                best = {most, at + d * stride};
#pragma unroll
                for (int j = N - 1; j >= 0; j--)
                    if (v[d][j] == most) best.index = at + d * stride + j;
            }
        }
    }
    return best;
}

template <class T> __device__ __forceinline__ void max_of(T *y, int *index, const T *x, int rows, int columns) {
    const int row = blockIdx.x * blockDim.y + threadIdx.y;
    if (row >= rows) return;
    x += size_t(row) * columns;
    const float first = float(x[0]);                              // on its way together with the rest
    Best best = columns % wide<T> == 0 && aligned(16, x) ? best_share<T, wide<T>>(x, columns) : best_share<T, 1>(x, columns);
    best = blockDim.x == 32 ? warp_best(best) : block_best(best);
    if (threadIdx.x) return;
    if (first != first) best.index = 0;
    y[row] = x[best.index];
    index[row] = best.index;
}

#define KERNELS(T)                                                                                                       \
    extern "C" __global__ void reduce_parts_##T(double *parts, const T *x, int squares, long long n) {                   \
        parts_of(parts, x, squares, n);                                                                                  \
    }                                                                                                                    \
    EXPORT_KERNEL(reduce_parts_##T)                                                                                      \
    extern "C" __global__ void reduce_total_##T(T *y, const double *parts, int count) {                                  \
        const double sum = total(parts, count);                                                                          \
        if (threadIdx.x == 0) *y = T(float(sum));                                                                        \
    }                                                                                                                    \
    EXPORT_KERNEL(reduce_total_##T)                                                                                      \
    extern "C" __global__ void reduce_rows_##T(T *y, const T *x, int rows, int columns) { rows_of(y, x, rows, columns); } \
    EXPORT_KERNEL(reduce_rows_##T)                                                                                       \
    extern "C" __global__ void reduce_columns_##T(float *parts, const T *x, int rows, int columns) {                     \
        columns_of(parts, x, rows, columns);                                                                             \
    }                                                                                                                    \
    EXPORT_KERNEL(reduce_columns_##T)                                                                                    \
    extern "C" __global__ void reduce_merge_##T(T *y, const float *parts, int count, int columns) {                      \
        column_sums(y, parts, count, columns, 0);                                                                        \
    }                                                                                                                    \
    EXPORT_KERNEL(reduce_merge_##T)                                                                                      \
    extern "C" __global__ void reduce_max_##T(T *y, int *index, const T *x, int rows, int columns) {                     \
        max_of(y, index, x, rows, columns);                                                                              \
    }                                                                                                                    \
    EXPORT_KERNEL(reduce_max_##T)
KERNELS(bf16)
KERNELS(f32)
