// What the two tensor-core versions of attention's backward share: the walk over tiles, and how results leave.
//
//     p = exp(scale q k^T - lse)     gs = p (gy v^T - delta)     delta = sum of y gy
//     gv = p^T gy        gk = scale gs^T q        gq = scale gs k
//
// Two kernels, each computing p and gs anew: `keys` gives gk and gv, `queries` gives gq. A block owns 64 rows of one head
// and walks over the 64-row tiles that meet them; the keys' blocks do so for each query head of their group in turn:
//
//                  queries ->                       keys: all of a row        queries: all of a column
//         keys    0    1    2    3
//           0     \    #    #    #     \ half masked       keys | queries
//           1          \    #    #     # whole      own[0]   k  |    q        s  = own[0] other[0]^T    64 by 64
//           2               \    #                  own[1]   v  |    gy       gs = own[1] other[1]^T
//           3                    \                other[0]   q  |    k        sum   += gs other[0]      gk or gq
//                                                 other[1]   gy |    v        sum_v += p other[1]       gv
//
// So each gradient is summed by one block in one order: no atomics, the same bits again. Seven products instead of the five
// that one kernel with atomics would need.
#pragma once
#include "attention.h"

/** Part: 64 rows of one head in shared memory, Tile or Panels. */
template <class Part> struct BackwardBuffers {
    Part own[2], other[2][2];                                     // others: one being filled while one is read
    float level[2][64], delta[2][64];                             // of the queries; for keys only, where they are the others
};


template <int D, bool keys, class Part> struct BackwardWalk {
    using Buffers = BackwardBuffers<Part>;
    Buffers *shared;
    const bf16 *other[2];                                         // of the head to be fetched next
    const float *level, *delta;
    size_t own_stride, other_stride, own_at;
    int tokens, time, first, from, to;                            // rows of the sequence; the first own one; tiles from .. to - 1
    int now = 0, t;                                               // buffer and tile at hand
    int next, left;                                               // tile to be fetched, and how many

    __device__ __forceinline__ BackwardWalk(Buffers *shared, const bf16 *q, const bf16 *k, const bf16 *v, const bf16 *gy,
                                            const float *all_level, const float *all_delta, const int *offsets, const int2 *tiles,
                                            int tokens, int heads, int kv_heads)
        : shared(shared), tokens(tokens) {
        const int2 tile = tiles[blockIdx.y];
        const int begin = offsets[tile.x], group = heads / kv_heads, kv_head = keys ? blockIdx.x : blockIdx.x / group;
        const int head = keys ? kv_head * group : blockIdx.x;
        const size_t stride = size_t(heads) * D, kv_stride = size_t(kv_heads) * D;
        const size_t at = begin * stride + head * D, kv_at = begin * kv_stride + kv_head * D;
        time = offsets[tile.x + 1] - begin;
        first = tile.y;
        own_stride = keys ? kv_stride : stride;
        other_stride = keys ? stride : kv_stride;
        own_at = keys ? kv_at : at;
        other[0] = keys ? q + at : k + kv_at;
        other[1] = keys ? gy + at : v + kv_at;
        level = all_level + size_t(head) * tokens + begin;
        delta = all_delta + size_t(head) * tokens + begin;
        t = next = from = keys ? first / 64 : 0;
        to = keys ? (time + 63) / 64 : first / 64 + 1;
        left = (to - from) * (keys ? group : 1);
        shared->own[0].template fetch<128>(keys ? k + own_at : q + own_at, own_stride, first, time);
        shared->own[1].template fetch<128>(keys ? v + own_at : gy + own_at, own_stride, first, time);
        fetch(0);
    }

    /** Starts copying the next tile into a buffer. */
    __device__ __forceinline__ void fetch(int buffer) {
        shared->other[buffer][0].template fetch<128>(other[0], other_stride, next * 64, time);
        shared->other[buffer][1].template fetch<128>(other[1], other_stride, next * 64, time);
        if (keys) {
            const int i = threadIdx.x % 64, query = next * 64 + i;
            if (threadIdx.x < 64) copy_async_word(&shared->level[buffer][i], level + query, query < time);
            else copy_async_word(&shared->delta[buffer][i], delta + query, query < time);
        }
        copy_commit();
        if (++next == to && keys) {                               // on to the group's next head
            next = from;
            other[0] += D;
            other[1] += D;
            level += tokens;
            delta += tokens;
        }
    }
    /** The tile at hand is the last one. */
    __device__ __forceinline__ bool last() const { return left == 1; }
    __device__ __forceinline__ void advance() {
        left--;
        now ^= 1;
        if (++t == to) t = from;
    }

    /** Level and delta of the own rows `row` and row + 8, where these are queries. */
    __device__ __forceinline__ void of_own_rows(float (&l)[2], float (&d)[2], int row) const {
#pragma unroll
        for (int h = 0; h < 2; h++) {
            const int query = min(first + row + 8 * h, time - 1);
            l[h] = keys ? 0 : level[query];
            d[h] = keys ? 0 : delta[query];
        }
    }
    /** x[e]: what `of_columns` (keys) or `of_rows` (queries) says of the queries of a result's four elements in columns c to c + 7. */
    __device__ __forceinline__ static void of_queries(float (&x)[4], const float *of_columns, const float (&of_rows)[2], int c) {
        float2 pair;
        if (keys) pair = *as<const float2>(of_columns + c + threadIdx.x % 4 * 2);
#pragma unroll
        for (int e = 0; e < 4; e++) x[e] = keys ? e % 2 ? pair.y : pair.x : of_rows[e / 2];
    }
    /** Whether the key comes after the query, at element e of row `row` and columns c to c + 7 of a tile on the diagonal. */
    __device__ __forceinline__ static bool masked(int row, int c, int e) {
        const int r = row + e / 2 * 8, column = c + threadIdx.x % 4 * 2 + e % 2;
        return keys ? r > column : column > r;
    }
    /** Elements 4 n and on: the result of columns 8 n to 8 n + 7, row `row` and the eighth after it. */
    __device__ __forceinline__ void store(bf16 *out, const float *sum, int row, float scale) const {
#pragma unroll
        for (int h = 0; h < 2; h++) {
            const int r = first + row + h * 8;
            if (r >= time) continue;
#pragma unroll
            for (int n = 0; n < D / 8; n++)
                *as<uint32_t>(out + own_at + r * own_stride + n * 8 + threadIdx.x % 4 * 2) = pack(sum[4 * n + 2 * h] * scale, sum[4 * n + 2 * h + 1] * scale);
        }
    }
};

/** The kernels of both versions: `keys` with gk and gv, `queries` with gq alone. grid: (kv_heads or heads, tiles), 128 threads. */
#define ATTENTION_BACKWARD(name, D, key_blocks, query_blocks)                                                              \
    extern "C" __global__ void __launch_bounds__(128, key_blocks)                                                          \
    name##_keys_##D(bf16 *gk, bf16 *gv, const bf16 *q, const bf16 *k, const bf16 *v, const bf16 *gy, const float *level,   \
                    const float *delta, const int *offsets, const int2 *tiles, int tokens, int heads, int kv_heads, float scale) { \
        backward<D, true>(gk, gv, q, k, v, gy, level, delta, offsets, tiles, tokens, heads, kv_heads, scale);              \
    }                                                                                                                      \
    extern "C" __global__ void __launch_bounds__(128, query_blocks)                                                        \
    name##_queries_##D(bf16 *gq, const bf16 *q, const bf16 *k, const bf16 *v, const bf16 *gy, const float *level,          \
                       const float *delta, const int *offsets, const int2 *tiles, int tokens, int heads, int kv_heads, float scale) { \
        backward<D, false>(gq, nullptr, q, k, v, gy, level, delta, offsets, tiles, tokens, heads, kv_heads, scale);        \
    }                                                                                                                      \
    EXPORT_KERNEL(name##_keys_##D) EXPORT_KERNEL(name##_queries_##D)
