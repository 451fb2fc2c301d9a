// gather: rows by index, and sums into rows by index, always in the same order.
//
//     gather_rows       y[i] = table[ids[i]]
//     scatter_rank      order[k] = the i that stands at k when ids are sorted, equal ids in the order of i
//     scatter_add_rows  table[ids[i]] += x[i], equal ids in the order of i
//
// reads       table [rows, stride] and x [count, stride], bf16 or f32 (gather_rows: any type); ids [count] i32, within
//             the table
// overwrites  y [count, stride], order [count] i32; scatter_add_rows adds to the table, in f32, and rounds a row once
// alignment   any; fast with rows of a multiple of 16 bytes on 16-byte addresses
// registers   * 48
// test        mvn verify -pl cuda-kernels -am -Dtest=GatherKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar GatherKernelBench
#include "elements.h"

/** Copies `units` from one row to another, four in flight. */
template <class U> __device__ __forceinline__ void copy_row(U *to, const U *from, int units) {
    constexpr int Depth = 4;
    for (int at = threadIdx.x; at < units; at += Depth * blockDim.x) {
        U v[Depth];
#pragma unroll
        for (int d = 0; d < Depth; d++)
            if (at + d * blockDim.x < units) v[d] = from[at + d * blockDim.x];
#pragma unroll
        for (int d = 0; d < Depth; d++)
            if (at + d * blockDim.x < units) to[at + d * blockDim.x] = v[d];
    }
}

/** One block a row; elements of any type, `bytes` a row, an even number. */
extern "C" __global__ void gather_rows(uint16_t *y, const uint16_t *table, const int *ids, int bytes) {
    y += size_t(blockIdx.x) * (bytes / 2);
    table += size_t(ids[blockIdx.x]) * (bytes / 2);
    if (bytes % 16 == 0 && aligned(16, y, table)) copy_row(as<uint4>(y), as<const uint4>(table), bytes / 16);
    else copy_row(y, table, bytes / 2);
}
EXPORT_KERNEL(gather_rows)

/**
 * Rank by counting: i stands after all smaller ids and after equal ones before it. A block of 32 x 8 threads ranks 32
 * of them, each y looks at one eighth of the others. count^2 comparisons: 20 us for 16,384 ids on 100 multiprocessors.
 */
extern "C" __global__ void scatter_rank(int *order, const int *ids, int count) {
    __shared__ int part[8][32];
    const int i = blockIdx.x * 32 + threadIdx.x, share = (count + 7) / 8;
    const int begin = threadIdx.y * share, end = min(count, begin + share);
    const int mine = i < count ? ids[i] : 0;
    int before = 0;
#pragma unroll 8
    for (int j = begin; j < end; j++) {
        const int other = ids[j];
        before += other < mine || (other == mine && j < i);
    }
    part[threadIdx.y][threadIdx.x] = before;
    __syncthreads();
    if (threadIdx.y || i >= count) return;
#pragma unroll
    for (int k = 1; k < 8; k++) before += part[k][threadIdx.x];
    order[before] = i;
}
EXPORT_KERNEL(scatter_rank)

/** The rows order[first ...] of x as long as their id is `id`, added to columns `at` to at + N - 1 of its table row. */
template <class T, int N>
__device__ __forceinline__ void add_run(T *table, const T *x, const int *order, const int *ids, int first, int count, int id, int stride, int at) {
    constexpr int Depth = 4;
    T *to = table + size_t(id) * stride + at;
    const auto old = Slice<T, N>::load(to);
    float sum[N];
#pragma unroll
    for (int j = 0; j < N; j++) sum[j] = old[j];
    for (int k = first;; k += Depth) {
        Slice<T, N> v[Depth];
        bool ours[Depth];
#pragma unroll
        for (int d = 0; d < Depth; d++) {
            const int row = k + d < count ? order[k + d] : 0;
            ours[d] = k + d < count && ids[row] == id;
            if (ours[d]) v[d] = Slice<T, N>::load(x + size_t(row) * stride + at);
        }
#pragma unroll
        for (int d = 0; d < Depth; d++)
            if (ours[d])
#pragma unroll
                for (int j = 0; j < N; j++) sum[j] += v[d][j];
        if (!ours[Depth - 1]) break;
    }
    Slice<T, N>::of(sum).store(to);
}

/** One block for each place k of the order, which works if an id begins there; blockIdx.y and the threads share columns. */
template <class T>
__device__ __forceinline__ void scatter_add(T *table, const T *x, const int *order, const int *ids, int count, int stride) {
    const int k = blockIdx.x, id = ids[order[k]];
    if (k > 0 && ids[order[k - 1]] == id) return;
    const int thread = blockIdx.y * blockDim.x + threadIdx.x, threads = gridDim.y * blockDim.x;
    if (stride % wide<T> == 0 && aligned(16, table, x)) {
        for (int at = thread * wide<T>; at < stride; at += threads * wide<T>)
            add_run<T, wide<T>>(table, x, order, ids, k, count, id, stride, at);
    } else {
        for (int at = thread; at < stride; at += threads) add_run<T, 1>(table, x, order, ids, k, count, id, stride, at);
    }
}

#define KERNELS(T)                                                                                                    \
    extern "C" __global__ void scatter_add_rows_##T(T *table, const T *x, const int *order, const int *ids, int count, \
                                                    int stride) {                                                     \
        scatter_add(table, x, order, ids, count, stride);                                                             \
    }                                                                                                                 \
    EXPORT_KERNEL(scatter_add_rows_##T)
KERNELS(bf16)
KERNELS(f32)
