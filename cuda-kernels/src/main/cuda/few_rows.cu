// few_rows: products of a few rows with weights at rest, for steps of generation: bound by reading W once.
//
//     y[s] = x[s] W^T                                     for up to three W of one x, then one of
//     y[s] = residual[s] + y[s]                           y rounded to bf16 before, as by a product and an addition
//     y[s] = silu(gate[s]) up[s]                          both rounded to bf16 before, as by two products and swiglu
//     y[s] in f32
//
// reads       x [M, K], w0, w1, w2 [n0, K], [n1, K], [n2, K] (n 0: none), residual [M, n0]; bf16
// overwrites  y0, y1, y2 [M, n0], [M, n1], [M, n2], bf16 or f32; y0 may be the residual; scratch [groups, splits, T, 16, 8 MT] f32.
//             done [groups] must be 0 and is left 0
// sums        f32, in an order that the sizes of W and `splits` x J give: a row's bits are the same alone and in any batch
// alignment   16 bytes; K a multiple of 8
// grid        any; 256 threads, few_rows_MT_T_J for M <= 8 MT, with splits x J parts of the columns
// registers   few_rows_4_8_1 255
// registers   few_rows_* 128
// test        mvn verify -pl cuda-kernels -am -Dtest=FewRowsKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar FewRowsKernelBench
#include "few_rows.h"

#define FEW_ROWS(MT, T, J, Stages)                                                                                        \
    extern "C" __global__ void __launch_bounds__(256)                                                                     \
    few_rows_##MT##_##T##_##J(const bf16 *x, const bf16 *w0, const bf16 *w1, const bf16 *w2, void *y0, void *y1, void *y2,\
                              const bf16 *residual, float *scratch, int *done, int n0, int n1, int n2, int K, int M,      \
                              int splits, int after) {                                                                    \
        DYNAMIC_SHARED(unsigned char, shared);                                                                            \
        const FewRows a = {x, w0, w1, w2, y0, y1, y2, residual, scratch, done, n0, n1, n2, K, M, splits, After(after)};   \
        FewRowsBlock<MT, T, J, Stages, 8>(a, shared).run();                                                               \
    }                                                                                                                     \
    EXPORT_KERNEL(few_rows_##MT##_##T##_##J)
FEW_ROWS(1, 1, 4, 7)
FEW_ROWS(1, 2, 1, 5)
FEW_ROWS(2, 4, 1, 4)
FEW_ROWS(2, 8, 1, 3)
FEW_ROWS(4, 4, 1, 4)
FEW_ROWS(4, 8, 1, 2)
