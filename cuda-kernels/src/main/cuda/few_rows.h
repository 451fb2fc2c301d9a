// The body of few_rows.cu: products of at most 8 MT rows of x with the rows of W, which stream through once.
//
// A block takes 16 T rows of W at a time, and its warps share the columns: warp w has the chunks w, w + Warps, ... of 32.
//
//              32 columns a chunk                      mma.m16n8k16: 16 rows of W by 8 rows of x. The order of columns in a
//     W   w0 w1 w2 .. w7 w0 w1 ..                      sum is free, so a lane gives mma the 8 columns that it loads as 16
//         16 rows, T times                             bytes from W and from x, and nothing is exchanged on the way:
//     x   w0 w1 w2 .. w7 w0 w1 ..                          lane 4 g + t: columns 8 t .. 8 t + 7 of rows g, g + 8 of W, g of x
//         8 rows, MT times
//
// Pieces come by cp.async into a ring of Stages that a lane fills and reads alone: no barrier, and many bytes in flight. It
// runs on through the block's units of work, over the ends of sums.
//
// Sums: in each warp its chunks in their order, then the warps in theirs. That depends neither on MT nor on T: so a row's bits
// are the same in any batch.
#pragma once
#include "logistic.h"

enum class After { round, add, gate, widen };                     // as FewRowsKernel.After

struct FewRows {
    const bf16 *x, *w0, *w1, *w2;
    void *y0, *y1, *y2;
    const bf16 *residual;
    int n0, n1, n2, K, M;
    After after;
};

template <int MT, int T, int Stages, int Warps> struct FewRowsBlock {
    static constexpr int threads = 32 * Warps, pieces = 2 * T + MT, chunk = 32;
    static constexpr int halves = T > 1 ? 2 : 1, half = T / halves;           // tiles of W, and where they begin
    static constexpr int columns = 8 * MT, pitch = 20;                        // of sums: 16 rows, without bank conflicts
    static constexpr int each = (16 * columns + threads - 1) / threads;       // sums of a tile that a thread makes
    static constexpr int ring_bytes = Stages * pieces * threads * 16;
    static constexpr int shared_bytes = ring_bytes + Warps * columns * pitch * 4;

    const FewRows a;
    uint4 *const ring;
    float *const part;
    const int warp = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    const int rounds = (a.K + chunk * Warps - 1) / (chunk * Warps);

    /** Which rows: of one matrix, or the same ones of two. */
    struct Unit {
        const bf16 *w[halves];
        void *y;
        int first, n;
    };
    __device__ __forceinline__ bool gated() const { return halves == 2 && a.after == After::gate; }
    __device__ __forceinline__ int height() const { return gated() ? 16 * half : 16 * T; }
    __device__ __forceinline__ int groups(int n) const { return (n + height() - 1) / height(); }
    __device__ __forceinline__ int units() const {
        return gated() ? groups(a.n0) : groups(a.n0) + groups(a.n1) + groups(a.n2);
    }
    __device__ __forceinline__ Unit unit(int at) const {
        Unit r;
        const bf16 *w = a.w0;
        r.y = a.y0, r.n = a.n0;
        if (!gated() && at >= groups(a.n0)) {
            at -= groups(a.n0), w = a.w1, r.y = a.y1, r.n = a.n1;
            if (at >= groups(a.n1)) at -= groups(a.n1), w = a.w2, r.y = a.y2, r.n = a.n2;
        }
        r.first = at * height();
        r.w[0] = w + size_t(r.first) * a.K;
        if constexpr (halves == 2) r.w[1] = gated() ? a.w1 + size_t(r.first) * a.K : r.w[0] + size_t(16 * half) * a.K;
        return r;
    }

    /** Where copies are. */
    int copy_unit, copy_round = 0;
    Unit from;

    __device__ __forceinline__ FewRowsBlock(const FewRows &a, void *shared)
        : a(a), ring(static_cast<uint4 *>(shared)), part(reinterpret_cast<float *>(static_cast<char *>(shared) + ring_bytes)), copy_unit(blockIdx.x) {
        from = unit(min(copy_unit, units() - 1));
    }

    /** Starts copying the next chunk of this warp. */
    __device__ __forceinline__ void fetch(int stage) {
        if (copy_unit < units()) {
            const int k = (copy_round * Warps + warp) * chunk + t * 8;
            const bool inside = k < a.K;
            uint4 *to = ring + stage * pieces * threads + threadIdx.x;
#pragma unroll
            for (int h = 0; h < halves; h++) {
                const int left = from.n - from.first - (gated() ? 0 : h * 16 * half);
#pragma unroll
                for (int i = 0; i < 2 * half; i++) {
                    const int row = 8 * i + g;
                    copy_async(to + (h * 2 * half + i) * threads, from.w[h] + (size_t(row) * a.K + k), inside && row < left);
                }
            }
#pragma unroll
            for (int m = 0; m < MT; m++) {
                const int row = 8 * m + g;
                copy_async(to + (2 * T + m) * threads, a.x + (size_t(row) * a.K + k), inside && row < a.M);
            }
            if (++copy_round == rounds) copy_round = 0, copy_unit += gridDim.x, from = unit(min(copy_unit, units() - 1));
        }
        copy_commit();
    }

    __device__ __forceinline__ void multiply(float (&sum)[T][MT][4], int stage) {
        const uint4 *at = ring + stage * pieces * threads + threadIdx.x;
        uint4 b[MT];
#pragma unroll
        for (int m = 0; m < MT; m++) b[m] = at[(2 * T + m) * threads];
#pragma unroll
        for (int i = 0; i < T; i++) {
            const uint4 u = at[2 * i * threads], v = at[(2 * i + 1) * threads];
            const uint32_t low[4] = {u.x, v.x, u.y, v.y}, high[4] = {u.z, v.z, u.w, v.w};
#pragma unroll
            for (int m = 0; m < MT; m++) {
                mma(sum[i][m], low, b[m].x, b[m].y);
                mma(sum[i][m], high, b[m].z, b[m].w);
            }
        }
    }

    __device__ __forceinline__ void run() {
        float sum[T][MT][4];
#pragma unroll
        for (int s = 0; s < Stages - 1; s++) fetch(s);
        int stage = 0;
#pragma unroll 1
        for (int u = blockIdx.x; u < units(); u += gridDim.x) {
#pragma unroll
            for (int i = 0; i < T; i++)
#pragma unroll
                for (int m = 0; m < MT; m++)
#pragma unroll
                    for (int e = 0; e < 4; e++) sum[i][m][e] = 0;
#pragma unroll 1
            for (int r = 0; r < rounds; r++) {
                copy_wait<Stages - 2>();                          // this stage is there; the one before has been used
                fetch(stage ? stage - 1 : Stages - 1);
                multiply(sum, stage);
                stage = stage + 1 < Stages ? stage + 1 : 0;
            }
            finish(unit(u), sum);
        }
        copy_wait<0>();
    }

    /** What a thread makes of one place in a tile: the sum in columns row `s` of x, row `r` of W. */
    __device__ __forceinline__ void deliver(const Unit &to, int h, int i, int s, int r, float v, float &gate) const {
        if (gated()) {
            if (h == 0) {
                gate = v;
                return;
            }
            const float x = bf16(gate);
            v = x * logistic(x) * float(bf16(v));
        }
        const int row = to.first + ((gated() ? 0 : h * half) + i) * 16 + r;
        if (s >= a.M || row >= to.n) return;
        const size_t at = size_t(s) * to.n + row;
        if (a.after == After::widen) static_cast<float *>(to.y)[at] = v;
        else static_cast<bf16 *>(to.y)[at] = bf16(a.after == After::add ? float(a.residual[at]) + float(bf16(v)) : v);
    }

    /** Adds up what the warps have, tile by tile; then rounds, or what else is asked. */
    __device__ __forceinline__ void finish(const Unit &to, const float (&sum)[T][MT][4]) const {
#pragma unroll
        for (int i = 0; i < half; i++) {
            float gate[each];
#pragma unroll
            for (int h = 0; h < halves; h++) {
                __syncthreads();                                  // the last tile's sums have been read
#pragma unroll
                for (int m = 0; m < MT; m++)
#pragma unroll
                    for (int e = 0; e < 4; e++)
                        part[(warp * columns + m * 8 + t * 2 + e % 2) * pitch + g + e / 2 * 8] = sum[h * half + i][m][e];
                __syncthreads();
#pragma unroll
                for (int e = 0; e < each; e++) {
                    const int at = e * threads + threadIdx.x, s = at / 16, r = at % 16;
                    if (16 * columns % threads && at >= 16 * columns) break;
                    float v = part[s * pitch + r];
#pragma unroll
                    for (int w = 1; w < Warps; w++) v += part[(w * columns + s) * pitch + r];
                    deliver(to, h, i, s, r, v, gate[e]);
                }
            }
        }
    }
};
