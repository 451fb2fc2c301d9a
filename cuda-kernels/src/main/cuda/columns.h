// The second half of sums over rows: partial sums, one row of them for each block of the first half, become one row.
#pragma once
#include "elements.h"

/**
 * y[column] (+)= the sum of a column of parts [rows, dim], in an order given by `rows` alone. A block of 32 x 32 threads
 * takes 32 columns: 32 rows are in flight at once, then one warp adds what they found from top to bottom.
 */
template <class T>
__device__ __forceinline__ void column_sums(T *y, const float *parts, int rows, int dim, int accumulate) {
    __shared__ float part[32][32];
    const int column = blockIdx.x * 32 + threadIdx.x;
    float sum = 0;
    if (column < dim) {
#pragma unroll 8
        for (int row = threadIdx.y; row < rows; row += 32) sum += parts[size_t(row) * dim + column];
    }
    part[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y || column >= dim) return;
    sum = accumulate ? float(y[column]) : 0.0f;
#pragma unroll
    for (int i = 0; i < 32; i++) sum += part[i][threadIdx.x];
    y[column] = T(sum);
}
