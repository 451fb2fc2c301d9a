// Hopper's own matrix instruction, for sources compiled for 90a: a warpgroup (four warps) multiplies 64 rows by N
// columns, 16 deep. B lies in shared memory, A there or in registers, the sum in registers. It runs in the background:
// products are collected into groups (wgmma_commit) and waited for (wgmma_wait), like copies by cp.async.
#pragma once
#include "device.h"

/**
 * `Rows` rows of one head in shared memory, in panels of 64 columns, each row of a panel 128 bytes:
 *
 *     row r:  | c=0 | c=1 | ... | c=7 |    a 16-byte column c lies at place c xor (r mod 8), so that 8 rows of one
 *                                          column are spread over all banks: what wgmma calls the 128-byte swizzle
 *
 * Must be aligned to 1024 bytes, where the pattern starts anew.
 */
template <int D, int Rows> struct Panels {
    bf16 data[Rows * D];

    /** 16-byte column c of row r. */
    __device__ __forceinline__ bf16 *at(int r, int c) { return data + (c / 8 * Rows + r) * 64 + (c % 8 ^ r % 8) * 8; }

    /** Starts copying rows first to first + Rows - 1 of `from`, `Threads` threads together; those from `end` on become zero. */
    template <int Threads> __device__ __forceinline__ void fetch(const bf16 *from, size_t stride, int first, int end) {
        constexpr int columns = D / 8, pass = Threads / columns;
        const int c = threadIdx.x % columns, r0 = threadIdx.x / columns;
        from += size_t(first + r0) * stride + c * 8;
#pragma unroll
        for (int r = 0; r < Rows; r += pass) {
            const bool valid = first + r0 + r < end;
            copy_async(at(r0 + r, c), from + r * stride, valid);
        }
    }

    /** Operand of 64 rows from r on (A), or of all rows (B for a product with the transpose); columns 16 d to 16 d + 15 deep. */
    __device__ __forceinline__ uint64_t by_rows(int d, int r = 0) { return describe(data + (d / 4 * Rows + r) * 64 + d % 4 * 16, 1, 1024); }
    /** Operand B of all columns, rows 16 j to 16 j + 15 deep. */
    __device__ __forceinline__ uint64_t by_columns(int j) { return describe(data + j * 16 * 64, Rows * 128, 1024); }

private:
    /** leading: bytes between panels; stride: bytes between groups of 8 rows. */
    __device__ __forceinline__ static uint64_t describe(const bf16 *p, int leading, int stride) {
#ifdef __CUDACC__
        const uint32_t at = shared_address(p);
#else
        const uint32_t at = simt::shared_offset(p);
#endif
        return uint64_t(at >> 4 & 0x3fff) | uint64_t(leading >> 4) << 16 | uint64_t(stride >> 4) << 32 | uint64_t(1) << 62;
    }
};

#ifdef __CUDACC__
/** Ordinary writes to shared memory, cp.async's too, become visible to wgmma: each writer calls it before the barrier. */
__device__ __forceinline__ void fence_for_wgmma() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
/** Before the first product, and after registers that products use were touched. */
__device__ __forceinline__ void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ __forceinline__ void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

/** Waits until all but the last `Left` groups are done. */
template <int Left> __device__ __forceinline__ void wgmma_wait() { asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(Left) : "memory"); }
/** Nothing that uses `d` moves across this. */
template <int N> __device__ __forceinline__ void keep_here(float (&d)[N]) {
#pragma unroll
    for (int i = 0; i < N; i++) asm volatile("" : "+f"(d[i]) :: "memory");
}
/** The same as wgmma_wait<Left>(), and nothing that uses `d` moves before it. */
template <int Left, int N> __device__ __forceinline__ void wgmma_wait(float (&d)[N]) {
    wgmma_wait<Left>();
    keep_here(d);
}

#define WGMMA_4(mode, i) mode (d[i]), mode (d[i + 1]), mode (d[i + 2]), mode (d[i + 3])
#define WGMMA_16(mode, i) WGMMA_4(mode, i), WGMMA_4(mode, i + 4), WGMMA_4(mode, i + 8), WGMMA_4(mode, i + 12)
#define WGMMA_SET "=f"
#define WGMMA_ADD "+f"
#define WGMMA_SUM32 "{%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define WGMMA_SUM64 WGMMA_SUM32 ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"

/**
 * d = (not `Add`) or d += a b^T: 64 by 64, both in shared memory by rows. The compiler must see that a first product only
 * writes d: a register that it thinks has a value before would be set by a move, and a move between products in flight
 * makes the assembler wait for each of them.
 */
template <bool Add> __device__ __forceinline__ void wgmma_rows(float (&d)[32], uint64_t a, uint64_t b) {
    if constexpr (Add)
        asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 " WGMMA_SUM32 "}, %32, %33, 1, 1, 1, 0, 0;"
                     : WGMMA_16(WGMMA_ADD, 0), WGMMA_16(WGMMA_ADD, 16) : "l"(a), "l"(b));
    else
        asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 " WGMMA_SUM32 "}, %32, %33, 0, 1, 1, 0, 0;"
                     : WGMMA_16(WGMMA_SET, 0), WGMMA_16(WGMMA_SET, 16) : "l"(a), "l"(b));
}
/** The same with a in registers. */
template <bool Add> __device__ __forceinline__ void wgmma_rows(float (&d)[32], const uint32_t (&a)[4], uint64_t b) {
    if constexpr (Add)
        asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 " WGMMA_SUM32 "}, {%32,%33,%34,%35}, %36, 1, 1, 1, 0;"
                     : WGMMA_16(WGMMA_ADD, 0), WGMMA_16(WGMMA_ADD, 16) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
    else
        asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 " WGMMA_SUM32 "}, {%32,%33,%34,%35}, %36, 0, 1, 1, 0;"
                     : WGMMA_16(WGMMA_SET, 0), WGMMA_16(WGMMA_SET, 16) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}
/** d += a b: 64 by 64 or 128, a in registers, b in shared memory by columns. */
__device__ __forceinline__ void wgmma_columns(float (&d)[32], const uint32_t (&a)[4], uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 " WGMMA_SUM32 "}, {%32,%33,%34,%35}, %36, 1, 1, 1, 1;"
                 : WGMMA_16(WGMMA_ADD, 0), WGMMA_16(WGMMA_ADD, 16) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}
__device__ __forceinline__ void wgmma_columns(float (&d)[64], const uint32_t (&a)[4], uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 " WGMMA_SUM64 "}, {%64,%65,%66,%67}, %68, 1, 1, 1, 1;"
                 : WGMMA_16(WGMMA_ADD, 0), WGMMA_16(WGMMA_ADD, 16), WGMMA_16(WGMMA_ADD, 32), WGMMA_16(WGMMA_ADD, 48)
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b));
}
#else
inline void fence_for_wgmma() { simt::fence_proxy_async(); }
inline void wgmma_fence() {}
inline void wgmma_commit() { simt::wgmma_commit(); }
template <int Left> void wgmma_wait() { simt::wgmma_wait(Left); }
template <int Left, int N> void wgmma_wait(float (&)[N]) { simt::wgmma_wait(Left); }
template <int N> void keep_here(float (&)[N]) {}
template <bool Add> void wgmma_rows(float (&d)[32], uint64_t a, uint64_t b) { simt::wgmma(d, 64, nullptr, a, b, false, Add); }
template <bool Add> void wgmma_rows(float (&d)[32], const uint32_t (&a)[4], uint64_t b) { simt::wgmma(d, 64, a, 0, b, false, Add); }
template <int N> void wgmma_columns(float (&d)[N], const uint32_t (&a)[4], uint64_t b) { simt::wgmma(d, 2 * N, a, 0, b, true, true); }
#endif

/** 64 columns of a result, as they lie in the registers, are a left operand 64 deep: four steps of 16. */
__device__ __forceinline__ void as_operand(uint32_t (&a)[4][4], const float (&x)[32]) {
#pragma unroll
    for (int j = 0; j < 4; j++)
#pragma unroll
        for (int i = 0; i < 4; i++) a[j][i] = pack(x[8 * j + 2 * i], x[8 * j + 2 * i + 1]);
}

/** d = a b^T over all D columns: rows from `row` on of a, all 64 of b. */
template <int D, int Rows> __device__ __forceinline__ void wgmma_scores(float (&d)[32], Panels<D, Rows> &a, int row, Panels<D, 64> &b) {
    wgmma_rows<false>(d, a.by_rows(0, row), b.by_rows(0));
#pragma unroll
    for (int i = 1; i < D / 16; i++) wgmma_rows<true>(d, a.by_rows(i, row), b.by_rows(i));
    wgmma_commit();
}

/** The same, a in registers. */
template <int D> __device__ __forceinline__ void wgmma_scores(float (&d)[32], const uint32_t (&a)[D / 16][4], Panels<D, 64> &b) {
    wgmma_rows<false>(d, a[0], b.by_rows(0));
#pragma unroll
    for (int i = 1; i < D / 16; i++) wgmma_rows<true>(d, a[i], b.by_rows(i));
    wgmma_commit();
}
