// few_rows: products of a few rows with weights at rest, for steps of generation: bound by reading W once.
//
//     y[s] = x[s] W^T                                     for up to three W of one x, then one of
//     y[s] = residual[s] + y[s]                           y rounded to bf16 before, as by a product and an addition
//     y[s] = silu(gate[s]) up[s]                          both rounded to bf16 before, as by two products and swiglu
//     y[s] in f32
//
// reads       x [M, K], w0, w1, w2 [n0, K], [n1, K], [n2, K] (n 0: none), residual [M, n0]; bf16
// overwrites  y0, y1, y2 [M, n0], [M, n1], [M, n2], bf16 or f32; y0 may be the residual
// sums        f32, in an order that K gives: a row's bits are the same alone and in any batch
// alignment   x and w to 16 bytes; K a multiple of 8
// grid        any; 256 threads
// kernels     few_rows_MT_T for M <= 8 MT, by 16 T rows of W; not gated with T = 1
// registers   few_rows_4_* 128
// registers   few_rows_1_* 64
// test        mvn verify -pl cuda-kernels -am -Dtest=FewRowsKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar FewRowsKernelBench
#include "few_rows.h"

#define FEW_ROWS(MT, T, Stages)                                                                                           \
    extern "C" __global__ void __launch_bounds__(256)                                                                     \
    few_rows_##MT##_##T(const bf16 *x, const bf16 *w0, const bf16 *w1, const bf16 *w2, void *y0, void *y1, void *y2,      \
                        const bf16 *residual, int n0, int n1, int n2, int K, int M, int after) {                          \
        DYNAMIC_SHARED(unsigned char, shared);                                                                            \
        const FewRows a = {x, w0, w1, w2, y0, y1, y2, residual, n0, n1, n2, K, M, After(after)};                          \
        FewRowsBlock<MT, T, Stages, 8>(a, shared).run();                                                                  \
    }                                                                                                                     \
    EXPORT_KERNEL(few_rows_##MT##_##T)
FEW_ROWS(1, 1, 7)
FEW_ROWS(1, 2, 5)
FEW_ROWS(4, 1, 4)
FEW_ROWS(4, 4, 4)
