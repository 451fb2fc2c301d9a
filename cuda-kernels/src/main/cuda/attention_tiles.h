// Attention of one tile of queries over a run of keys, by mma.sync: the body of attention_forward.cu (keys lie in the batch)
// and of attention_paged.cu (keys lie in pages).
//
// Queries are cut into tiles of 16 M Warps rows. A warp holds 16 M of them and walks over the keys 64 at a time, scores and
// sums in its registers; keys and values come by cp.async into two buffers, one being filled while the other is read:
//
//                    keys 0..63   64..127   128..191
//     warp 0  rows    ######      ######     #.....       # computed, . masked (only in tiles that hold the diagonal)
//     warp 1  rows    ######      ######     ####..       blank tiles above the diagonal are never fetched
//
// With M = 2 each piece of K and V that ldmatrix reads serves two products: half the traffic from shared memory, which
// otherwise is slower than the tensor cores.
//
// A row's result depends neither on the other rows nor on where tiles of queries begin: tiles of keys lie at multiples of 64.
#pragma once
#include "attention.h"

template <int D, int M, int Warps> struct AttentionTiles {
    static constexpr int rows = 16 * M * Warps, threads = 32 * Warps;
    Tile<D, rows> q;
    Tile<D> k[2], v[2];
};

/** The softmax of two rows of a 16-row product as it grows: scores s[n][2 h] and s[n][2 h + 1] are of row lane / 4 + 8 h. */
struct SoftmaxRows {
    float greatest[2] = {-INFINITY, -INFINITY}, sum[2] = {0, 0};

    /** Turns scores into exp(scores - greatest) and shrinks older sums accordingly. */
    template <int N, int O> __device__ __forceinline__ void take(float (&s)[N][4], float (&o)[O][4], float to_log2) {
#pragma unroll
        for (int h = 0; h < 2; h++) {
            float g = greatest[h];
#pragma unroll
            for (int n = 0; n < N; n++) g = fmaxf(g, fmaxf(s[n][2 * h], s[n][2 * h + 1]));
            g = row_max(g);
            const float level = g * to_log2, shrink = exp2_fast(greatest[h] * to_log2 - level);
            greatest[h] = g;
            sum[h] *= shrink;
#pragma unroll
            for (int n = 0; n < N; n++)
#pragma unroll
                for (int e = 2 * h; e < 2 * h + 2; e++) sum[h] += s[n][e] = exp2_fast(s[n][e] * to_log2 - level);
#pragma unroll
            for (int n = 0; n < O; n++) {
                o[n][2 * h] *= shrink;
                o[n][2 * h + 1] *= shrink;
            }
        }
    }
};

/** Keys after a query count nothing. `ahead`: position of this thread's first row less that of the tile's first key. */
template <int N> __device__ __forceinline__ void mask_future(float (&s)[N][4], int ahead) {
    const int key = threadIdx.x % 4 * 2;
#pragma unroll
    for (int n = 0; n < N; n++)
#pragma unroll
        for (int e = 0; e < 4; e++)
            if (n * 8 + key + e % 2 > ahead + e / 2 * 8) s[n][e] = -INFINITY;
}

/**
 * q, y: the tile's first row (of `rows` that exist), `stride` elements apart; lse: its place, `heads` apart, or null.
 * position: of the first row among the keys. fetch(stage, t): starts copying keys and values 64 t to 64 t + 63.
 */
template <int D, int M, int Warps, class Fetch>
__device__ __forceinline__ void attend(AttentionTiles<D, M, Warps> *shared, bf16 *y, float *lse, const bf16 *q,
                                       int rows, int position, size_t stride, int heads, float scale, Fetch fetch) {
    constexpr int height = 16 * M * Warps;
    const int lane = threadIdx.x % 32, first = threadIdx.x / 32 * 16 * M;      // the warp's first row
    const int last = position + min(rows, height) - 1, count = last / 64 + 1;
    const float to_log2 = scale * log2_e;

    shared->q.template fetch<32 * Warps>(q, stride, 0, rows);
    fetch(0, 0);
    copy_commit();

    float o[M][D / 8][4] = {};
    SoftmaxRows softmax[M];
#pragma unroll 1
    for (int t = 0; t < count; t++) {
        const int now = t % 2;
        copy_wait<0>();
        __syncthreads();                                          // this buffer has arrived; all have left the other
        if (t + 1 < count) fetch(1 - now, t + 1);
        copy_commit();

        float s[M][8][4] = {};
#pragma unroll 1                                                  // all at once would spill
        for (int d = 0; d < D / 16; d++) {
            uint32_t a[M][4];
#pragma unroll
            for (int m = 0; m < M; m++) shared->q.left(a[m], first + m * 16, d);
#pragma unroll
            for (int n = 0; n < 4; n++) {
                uint32_t b[4];
                shared->k[now].right_transposed(b, n * 16, d);
#pragma unroll
                for (int m = 0; m < M; m++) {
                    mma(s[m][2 * n], a[m], b[0], b[1]);
                    mma(s[m][2 * n + 1], a[m], b[2], b[3]);
                }
            }
        }
        if (t * 64 + 63 > position + first)
#pragma unroll
            for (int m = 0; m < M; m++) mask_future(s[m], position + first + m * 16 + lane / 4 - t * 64);
#pragma unroll
        for (int m = 0; m < M; m++) softmax[m].take(s[m], o[m], to_log2);
#pragma unroll
        for (int j = 0; j < 4; j++) {
            uint32_t p[M][4];
#pragma unroll
            for (int m = 0; m < M; m++) as_left(p[m], s[m][2 * j], s[m][2 * j + 1]);
#pragma unroll
            for (int n = 0; n < D / 16; n++) {
                uint32_t b[4];
                shared->v[now].right(b, j * 16, n);
#pragma unroll
                for (int m = 0; m < M; m++) {
                    mma(o[m][2 * n], p[m], b[0], b[1]);
                    mma(o[m][2 * n + 1], p[m], b[2], b[3]);
                }
            }
        }
    }

    // Through shared memory (the warp's own rows of q, no longer needed), so that rows leave 16 bytes a lane.
    __syncwarp();
#pragma unroll
    for (int m = 0; m < M; m++)
#pragma unroll
        for (int h = 0; h < 2; h++) {
            const float sum = row_sum(softmax[m].sum[h]), r = 1.0f / sum;
            const int row = first + m * 16 + lane / 4 + 8 * h;
            if (lse && lane % 4 == 0 && row < rows) lse[size_t(row) * heads] = softmax[m].greatest[h] * scale + __logf(sum);
#pragma unroll
            for (int n = 0; n < D / 8; n++)
                *as<uint32_t>(shared->q.at(row, n) + lane % 4 * 2) = pack(o[m][n][2 * h] * r, o[m][n][2 * h + 1] * r);
        }
    __syncwarp();
#pragma unroll
    for (int i = lane; i < 16 * M * D / 8; i += 32) {
        const int row = first + i / (D / 8), c = i % (D / 8);
        if (row < rows) *as<uint4>(y + row * stride + c * 8) = *as<uint4>(shared->q.at(row, c));
    }
}
