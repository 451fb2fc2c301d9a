// arch: 90a
#include "hopper.h"

/** d = a b^T over all D columns: 64 rows from `row` on of a, all 64 of b. */
template <int D, int R> __device__ __forceinline__ void scores(float (&d)[32], Panels<D, R> &a, int row, Panels<D, 64> &b) {
    wgmma_rows_first(d, a.by_rows(row, 0), b.by_rows(0, 0));
#pragma unroll
    for (int i = 1; i < D / 16; i++) wgmma_rows(d, a.by_rows(row, i), b.by_rows(0, i), true);
    wgmma_commit();
}
/** The same, a in registers. */
template <int D> __device__ __forceinline__ void scores(float (&d)[32], const uint32_t (&a)[D / 16][4], Panels<D, 64> &b) {
    wgmma_rows_first(d, a[0], b.by_rows(0, 0));
#pragma unroll
    for (int i = 1; i < D / 16; i++) wgmma_rows(d, a[i], b.by_rows(0, i));
    wgmma_commit();
}
/** 64 columns of a result, as they lie in the registers, are a left operand 64 deep: four steps of 16. */
__device__ __forceinline__ void as_operand(uint32_t (&a)[4][4], const float (&x)[32]) {
#pragma unroll
    for (int j = 0; j < 4; j++)
#pragma unroll
        for (int i = 0; i < 4; i++) a[j][i] = pack(x[8 * j + 2 * i], x[8 * j + 2 * i + 1]);
}

/** What one block keeps and what it walks over, `Stages` tiles in turn. */
template <int D, int Groups, int Stages> struct BackwardBuffers {
    Panels<D, 64 * Groups> own[2];                                // keys: k, v; queries: q, gy
    Panels<D, 64> other[Stages][2];                               // keys: q, gy; queries: k, v
    float level[Stages][64], delta[Stages][64];                   // keys only: of the queries
};

template <int D, bool keys, int Groups, int Stages, bool InRegisters>
__device__ __forceinline__ void backward(bf16 *out, bf16 *gv, const bf16 *q, const bf16 *k, const bf16 *v, const bf16 *gy,
                                         const float *level, const float *delta, const int *offsets, const int2 *tiles,
                                         int tokens, int heads, int kv_heads, float scale) {
    constexpr int threads = 128 * Groups, rows = 64 * Groups;
    using Buffers = BackwardBuffers<D, Groups, Stages>;
    DYNAMIC_SHARED(Buffers, shared);
    const int2 tile = tiles[blockIdx.y];
    const int begin = offsets[tile.x], time = offsets[tile.x + 1] - begin, first = tile.y;
    const int lane = threadIdx.x % 32, mine = threadIdx.x / 128 * 64;      // the warpgroup's first row
    const int row = mine + threadIdx.x / 32 % 4 * 16 + lane / 4;           // the thread's first; the other is 8 below
    const int group = heads / kv_heads, kv_head = keys ? blockIdx.x : blockIdx.x / group, head0 = keys ? kv_head * group : blockIdx.x;
    const size_t stride = size_t(heads) * D, kv_stride = size_t(kv_heads) * D;
    q += begin * stride + head0 * D;
    gy += begin * stride + head0 * D;
    k += begin * kv_stride + kv_head * D;
    v += begin * kv_stride + kv_head * D;
    level += size_t(head0) * tokens + begin;
    delta += size_t(head0) * tokens + begin;

    const int first_step = keys ? first / 64 : 0, end_step = (keys ? time + 63 : min(first + rows, time) + 63) / 64;
    int next = first_step, next_slot = 0, left = (end_step - first_step) * (keys ? group : 1);   // what to fetch
    const bf16 *b0 = keys ? q : k, *b1 = keys ? gy : v;
    const float *next_level = level, *next_delta = delta;
    auto fetch = [&] {
        if (left-- > 0) {
            shared->other[next_slot][0].template fetch<threads>(b0, keys ? stride : kv_stride, next * 64, time);
            shared->other[next_slot][1].template fetch<threads>(b1, keys ? stride : kv_stride, next * 64, time);
            if (keys && threadIdx.x < 128) {
                const int i = threadIdx.x % 64, t = next * 64 + i;
                copy_async_word(threadIdx.x < 64 ? &shared->level[next_slot][i] : &shared->delta[next_slot][i],
                                (threadIdx.x < 64 ? next_level : next_delta) + t, t < time);
            }
            next_slot = next_slot == Stages - 1 ? 0 : next_slot + 1;
            if (++next == end_step && keys) {                     // on to the next head
                next = first_step;
                b0 += D;
                b1 += D;
                next_level += tokens;
                next_delta += tokens;
            }
        }
        copy_commit();
    };

    shared->own[0].template fetch<threads>(keys ? k : q, keys ? kv_stride : stride, first, time);
    shared->own[1].template fetch<threads>(keys ? v : gy, keys ? kv_stride : stride, first, time);
    const int steps = left;
    fetch();

    const float to_log2 = scale * log2_e;
    float my_level[2], my_delta[2];
    if (!keys)
#pragma unroll
        for (int h = 0; h < 2; h++) {
            const int t = min(first + row + 8 * h, time - 1);
            my_level[h] = level[t];
            my_delta[h] = delta[t];
        }
    float sum[D / 2] = {}, sum_v[D / 2] = {};

    uint32_t own_q[D / 16][4], own_gy[D / 16][4];
    if (InRegisters) {
        copy_wait<0>();
        __syncthreads();
#pragma unroll
        for (int d = 0; d < D / 16; d++) {
            load_matrix(own_q[d], shared->own[0].at(mine + threadIdx.x / 32 % 4 * 16 + lane % 16, d * 2 + lane / 16));
            load_matrix(own_gy[d], shared->own[1].at(mine + threadIdx.x / 32 % 4 * 16 + lane % 16, d * 2 + lane / 16));
        }
    }
    int t = first_step, slot = 0;
    for (int i = steps; ; ) {
        copy_wait<0>();
        if (Stages == 2) {
            wgmma_wait<0>(sum);
            if (keys) wgmma_wait<0>(sum_v);
        }
        fence_for_wgmma();
        __syncthreads();                                          // tile i is there, and all products with tile i - 2 are done
        fetch();
        auto &b = shared->other[slot];

        float s[32], ds[32];
        wgmma_fence();
        if (InRegisters) {
            scores<D>(s, own_q, b[0]);
            scores<D>(ds, own_gy, b[1]);
        } else {
            scores(s, shared->own[0], mine, b[0]);
            scores(ds, shared->own[1], mine, b[1]);
        }

        wgmma_wait<1>(s);
        const int column = lane % 4 * 2;
#pragma unroll
        for (int n = 0; n < 8; n++) {
            float2 l;
            if (keys) l = *as<const float2>(&shared->level[slot][n * 8 + column]);
#pragma unroll
            for (int e = 0; e < 4; e++) s[4 * n + e] = exp2_fast(s[4 * n + e] * to_log2 - (keys ? e % 2 ? l.y : l.x : my_level[e / 2]));
        }
        const int offset = t * 64 - first;                        // of this tile from ours
        if (keys ? offset < rows : offset >= 0)                    // on the diagonal
#pragma unroll
            for (int n = 0; n < 32; n++) {
                const int r = row + n / 2 % 2 * 8, c = offset + n / 4 * 8 + column + n % 2;
                if (keys ? r > c : c > r) s[n] = 0;
            }

        uint32_t a[4][4];
        if (keys) {
            as_operand(a, s);
            wgmma_fence();
#pragma unroll
            for (int j = 0; j < 4; j++) wgmma_columns(sum_v, a[j], b[1].by_columns(j));
            wgmma_commit();
        }
        wgmma_wait<keys>(ds);
#pragma unroll
        for (int n = 0; n < 8; n++) {
            float2 l;
            if (keys) l = *as<const float2>(&shared->delta[slot][n * 8 + column]);
#pragma unroll
            for (int e = 0; e < 4; e++) ds[4 * n + e] = s[4 * n + e] * (ds[4 * n + e] - (keys ? e % 2 ? l.y : l.x : my_delta[e / 2]));
        }
        uint32_t g[4][4];
        as_operand(g, ds);
        wgmma_fence();
#pragma unroll
        for (int j = 0; j < 4; j++) wgmma_columns(sum, g[j], b[0].by_columns(j));
        wgmma_commit();

        slot = slot == Stages - 1 ? 0 : slot + 1;
        if (++t == end_step) t = first_step;
        if (--i == 0) break;
    }
    wgmma_wait<0>(sum);
    if (keys) wgmma_wait<0>(sum_v);

#pragma unroll
    for (int h = 0; h < 2; h++) {
        const int r = first + row + h * 8;
        if (r >= time) continue;
        const size_t at = keys ? (begin + r) * kv_stride + kv_head * D : (begin + r) * stride + head0 * D;
#pragma unroll
        for (int n = 0; n < D / 8; n++) {
            *as<uint32_t>(out + at + n * 8 + lane % 4 * 2) = pack(sum[4 * n + 2 * h] * scale, sum[4 * n + 2 * h + 1] * scale);
            if (keys) *as<uint32_t>(gv + at + n * 8 + lane % 4 * 2) = pack(sum_v[4 * n + 2 * h], sum_v[4 * n + 2 * h + 1]);
        }
    }
}

#define BACKWARD(D)                                                                                                       \
    extern "C" __global__ void __launch_bounds__(256, 1)                                                                  \
    attention_backward_wgmma_keys_##D(bf16 *gk, bf16 *gv, const bf16 *q, const bf16 *k, const bf16 *v, const bf16 *gy,    \
                                      const float *level, const float *delta, const int *offsets, const int2 *tiles,      \
                                      int tokens, int heads, int kv_heads, float scale) {                                 \
        backward<D, true, 2, 3, false>(gk, gv, q, k, v, gy, level, delta, offsets, tiles, tokens, heads, kv_heads, scale); \
    }                                                                                                                     \
    extern "C" __global__ void __launch_bounds__(256, 1)                                                                  \
    attention_backward_wgmma_queries_##D(bf16 *gq, const bf16 *q, const bf16 *k, const bf16 *v, const bf16 *gy,           \
                                         const float *level, const float *delta, const int *offsets, const int2 *tiles,   \
                                         int tokens, int heads, int kv_heads, float scale) {                              \
        backward<D, false, 2, 3, false>(gq, nullptr, q, k, v, gy, level, delta, offsets, tiles, tokens, heads, kv_heads, scale); \
    }                                                                                                                     \
    EXPORT_KERNEL(attention_backward_wgmma_keys_##D) EXPORT_KERNEL(attention_backward_wgmma_queries_##D)
BACKWARD(64)
BACKWARD(128)
