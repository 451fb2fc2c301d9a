// gather: rows by index, and sums into rows by index, always in the same order.
//
//     gather_rows       y[i] = table[ids[i]]
//     scatter_sort      keys = 2^32 ids[i] + i, each 256 of them sorted: a run
//     scatter_merge     sorted = all keys in order: those of one id stand together, in the order of i
//     scatter_add_rows  table[ids[i]] += x[i], equal ids in the order of i
//
// reads       table [rows, stride] and x [count, stride], bf16 or f32 (gather_rows: any type); ids [count] i32, within
//             the table
// overwrites  y [count, stride]; keys, sorted [count] u64; scatter_add_rows adds to the table, in f32, and rounds a row once
// alignment   any; fast with rows of a multiple of 16 bytes on 16-byte addresses; keys on 8
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

using u64 = unsigned long long;
constexpr int run = 256;

/** A block of 256 threads sorts a run: a key's place is the number of smaller ones. No two keys are equal. */
extern "C" __global__ void scatter_sort(u64 *keys, const int *ids, int count) {
    __shared__ u64 all[run];
    const int i = blockIdx.x * run + threadIdx.x;
    const u64 mine = i < count ? u64(ids[i]) << 32 | unsigned(i) : ~0ull;
    all[threadIdx.x] = mine;
    __syncthreads();
    int before = 0;
#pragma unroll 16
    for (int j = 0; j < run; j++) before += all[j] < mine;
    if (i < count) keys[blockIdx.x * run + before] = mine;
}
EXPORT_KERNEL(scatter_sort)

/** How many of a run's `size` keys are smaller than `mine`; every thread takes the same eight steps. */
__device__ __forceinline__ int smaller(const u64 *keys, int size, u64 mine) {
    int below = 0;
#pragma unroll
    for (int step = run; step; step /= 2)
        if (below + step <= size && keys[below + step - 1] < mine) below += step;
    return below;
}

/** A key's place among all is the sum of its places in the runs. 32 x 8 threads place 32 keys, each y looks at an eighth of the runs. */
extern "C" __global__ void scatter_merge(u64 *sorted, const u64 *keys, int count) {
    __shared__ int part[8][32];
    const int i = blockIdx.x * 32 + threadIdx.x;
    const u64 mine = i < count ? keys[i] : 0;
    int before = 0;
#pragma unroll 4
    for (int first = threadIdx.y * run; first < count; first += 8 * run) before += smaller(keys + first, min(run, count - first), mine);
    part[threadIdx.y][threadIdx.x] = before;
    __syncthreads();
    if (threadIdx.y || i >= count) return;
#pragma unroll
    for (int k = 1; k < 8; k++) before += part[k][threadIdx.x];
    sorted[before] = mine;
}
EXPORT_KERNEL(scatter_merge)

__device__ __forceinline__ int id_of(u64 key) { return int(key >> 32); }

/** The rows of x for the keys sorted[first ...] of one id, added to columns `at` to at + N - 1 of its row of the table. */
template <class T, int N>
__device__ __forceinline__ void add_run(T *table, const T *x, const u64 *sorted, int first, int count, u64 key, u64 next, int stride, int at) {
    constexpr int Depth = 4;
    const int id = id_of(key);
    T *to = table + size_t(id) * stride + at;
    const auto old = Slice<T, N>::load(to), one = Slice<T, N>::load(x + size_t(unsigned(key)) * stride + at);
    float sum[N];
#pragma unroll
    for (int j = 0; j < N; j++) sum[j] = old[j];
#pragma unroll
    for (int j = 0; j < N; j++) sum[j] += one[j];
    bool more = id_of(next) == id;
    for (int k = first + 1; more; k += Depth) {
        Slice<T, N> v[Depth];
        bool ours[Depth];
#pragma unroll
        for (int d = 0; d < Depth; d++) {
            const u64 other = k + d < count ? sorted[k + d] : ~0ull;
            ours[d] = id_of(other) == id;
            if (ours[d]) v[d] = Slice<T, N>::load(x + size_t(unsigned(other)) * stride + at);
        }
#pragma unroll
        for (int d = 0; d < Depth; d++)
            if (ours[d])
#pragma unroll
                for (int j = 0; j < N; j++) sum[j] += v[d][j];
        more = ours[Depth - 1];
    }
    Slice<T, N>::of(sum).store(to);
}

/**
 * One block for each place k of the order, which works if an id begins there; blockIdx.y and the threads share columns.
 * Most ids come once: their block asks for three keys, then for two rows, and is done.
 */
template <class T>
__device__ __forceinline__ void scatter_add(T *table, const T *x, const u64 *sorted, int count, int stride) {
    const int k = blockIdx.x;
    const u64 none = ~0ull, key = sorted[k], last = k ? sorted[k - 1] : none, next = k + 1 < count ? sorted[k + 1] : none;
    if (id_of(last) == id_of(key)) return;
    const int thread = blockIdx.y * blockDim.x + threadIdx.x, threads = gridDim.y * blockDim.x;
    if (stride % wide<T> == 0 && aligned(16, table, x)) {
        for (int at = thread * wide<T>; at < stride; at += threads * wide<T>)
            add_run<T, wide<T>>(table, x, sorted, k, count, key, next, stride, at);
    } else {
        for (int at = thread; at < stride; at += threads) add_run<T, 1>(table, x, sorted, k, count, key, next, stride, at);
    }
}

#define KERNELS(T)                                                                                                    \
    extern "C" __global__ void scatter_add_rows_##T(T *table, const T *x, const u64 *sorted, int count, int stride) { \
        scatter_add(table, x, sorted, count, stride);                                                                 \
    }                                                                                                                 \
    EXPORT_KERNEL(scatter_add_rows_##T)
KERNELS(bf16)
KERNELS(f32)
