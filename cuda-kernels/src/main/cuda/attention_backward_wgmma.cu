// arch: 90a
// Gradients of causal grouped-query attention, by Hopper's wgmma: the mathematics, arguments and results of
// attention_backward.cu, whose `prepare` comes first.
//
//     p = exp(scale q k^T - lse)     gs = p (gy v^T - delta)
//     gv = p^T gy        gk = scale gs^T q        gq = scale gs k
//
// keys        reads q, gy [T, H, D], k, v [T, KV, D] bf16, level, delta [H, T] f32; overwrites gk, gv [T, KV, D] bf16
// queries     the same; overwrites gq [T, H, D] bf16
//             both read offsets [sequences + 1], tiles {sequence, first row in it}: of 64 rows, the most work first
// alignment   16 bytes for q, k, v, gy, gq, gk, gv; 8 for tiles
// registers   attention_backward_wgmma_keys_128 255
// registers   attention_backward_wgmma_* 200
// test        mvn verify -pl cuda-kernels -am -Dtest=AttentionBackwardKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar AttentionBackwardKernelBench
//
// A block is one warpgroup, and two or three blocks share a multiprocessor: while one takes exponentials, another multiplies.
// Within a block the products overlap with the rest as well:
//
//     tensor cores   s    gs    gv += p gy    gk += gs q | s    gs  ...
//     other units         p           gs      (next copy)|      p
//
// T = 4096, 32 heads of 128, 8 of keys, H200: keys 0.45 ms, queries 0.34 ms, prepare 0.03 ms: 420 TFLOP/s with five products
// counted. Tried there: two warpgroups a block with three buffers 0.47 and 0.38 ms, with two 0.50 and 0.39 ms.
#include "attention_backward.h"
#include "hopper.h"

/** s = a b^T, 64 by 64, over all D columns. */
template <int D> __device__ __forceinline__ void scores(float (&s)[32], Panels<D> &a, Panels<D> &b) {
    wgmma_rows_first(s, a.by_rows(0, 0), b.by_rows(0, 0));
#pragma unroll
    for (int d = 1; d < D / 16; d++) wgmma_rows(s, a.by_rows(0, d), b.by_rows(0, d));
    wgmma_commit();
}
/** sum += x b, x a result of 64 columns as it lies in the registers. */
template <int D> __device__ __forceinline__ void add_product(float (&sum)[D / 2], const float (&x)[32], Panels<D> &b) {
    uint32_t a[4][4];
#pragma unroll
    for (int i = 0; i < 16; i++) a[i / 4][i % 4] = pack(x[2 * i], x[2 * i + 1]);
    wgmma_fence();
#pragma unroll
    for (int j = 0; j < 4; j++) wgmma_columns(sum, a[j], b.by_columns(j));
    wgmma_commit();
}

template <int D, bool keys>
__device__ __forceinline__ void backward(bf16 *out, bf16 *gv, const bf16 *q, const bf16 *k, const bf16 *v, const bf16 *gy,
                                         const float *level, const float *delta, const int *offsets, const int2 *tiles,
                                         int tokens, int heads, int kv_heads, float scale) {
    using Walk = BackwardWalk<D, keys, Panels<D>>;
    DYNAMIC_SHARED(typename Walk::Buffers, shared);
    Walk walk(shared, q, k, v, gy, level, delta, offsets, tiles, tokens, heads, kv_heads);
    const int row = threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4;  // the thread's rows: this one and row + 8
    const float to_log2 = scale * log2_e;
    float row_level[2], row_delta[2];
    walk.of_own_rows(row_level, row_delta, row);
    float sum[D / 2] = {}, sum_v[D / 2] = {};

    for (;; walk.advance()) {
        copy_wait<0>();
        fence_for_wgmma();
        wgmma_wait<0>(sum);
        if (keys) wgmma_wait<0>(sum_v);
        __syncthreads();                                          // this tile is there, and all have left the other buffer
        if (!walk.last()) walk.fetch(walk.now ^ 1);
        auto &other = shared->other[walk.now];

        float s[32], gs[32];
        wgmma_fence();
        scores<D>(s, shared->own[0], other[0]);
        scores<D>(gs, shared->own[1], other[1]);

        wgmma_wait<1>(s);
#pragma unroll
        for (int n = 0; n < 8; n++) {
            float l[4];
            walk.of_queries(l, shared->level[walk.now], row_level, n * 8);
#pragma unroll
            for (int e = 0; e < 4; e++) s[4 * n + e] = exp2_fast(s[4 * n + e] * to_log2 - l[e]);
        }
        if (walk.t * 64 == walk.first)                            // on the diagonal
#pragma unroll
            for (int i = 0; i < 32; i++)
                if (walk.masked(row, i / 4 * 8, i % 4)) s[i] = 0;
        if (keys) add_product<D>(sum_v, s, other[1]);

        wgmma_wait<keys>(gs);
#pragma unroll
        for (int n = 0; n < 8; n++) {
            float dot[4];
            walk.of_queries(dot, shared->delta[walk.now], row_delta, n * 8);
#pragma unroll
            for (int e = 0; e < 4; e++) gs[4 * n + e] = s[4 * n + e] * (gs[4 * n + e] - dot[e]);
        }
        add_product<D>(sum, gs, other[0]);
        if (walk.last()) break;
    }
    wgmma_wait<0>(sum);
    if (keys) wgmma_wait<0>(sum_v);
    walk.store(out, sum, row, scale);
    if (keys) walk.store(gv, sum_v, row, 1);
}

ATTENTION_BACKWARD(attention_backward_wgmma, 64, 2, 3)
ATTENTION_BACKWARD(attention_backward_wgmma, 128, 2, 2)
