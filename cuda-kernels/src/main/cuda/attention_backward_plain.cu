#include "device.h"

/**
 * Backward of attention for any head size, in float or bf16: a warp a query (gq) or a key (gk and gv). The warp takes 32
 * others at a time: first each lane computes score and gradient of one, then each lane adds up its share of the columns.
 * Right and simple; attention_backward.cu has the tensor cores.
 *
 * One warp a block. grid: (tokens, heads) for queries, (tokens, kv_heads) for keys. Dynamic shared memory: D floats for
 * queries, 2 D for keys. of_token[t]: the sequence of token t.
 */

constexpr float log2_e_plain = 1.44269504f;

template <class T> __device__ __forceinline__ float dot(const T *a, const T *b, int n) {
    float sum = 0;
    for (int i = 0; i < n; i++) sum += float(a[i]) * float(b[i]);
    return sum;
}

template <class T>
__device__ __forceinline__ void prepare_plain(float *delta, const T *y, const T *gy, int tokens, int heads, int D) {
    const long long i = blockIdx.x * 8ll + threadIdx.x / 32;
    if (i >= (long long) tokens * heads) return;
    float sum = 0;
    for (int j = threadIdx.x % 32; j < D; j += 32) sum += float(y[i * D + j]) * float(gy[i * D + j]);
    sum = warp_sum(sum);
    if (threadIdx.x % 32 == 0) delta[i] = sum;
}

template <class T>
__device__ __forceinline__ void queries_plain(T *gq, const T *q, const T *k, const T *v, const T *gy, const float *lse, const float *delta,
                                              const int *offsets, const int *of_token, int kv_heads, int D, float scale) {
    DYNAMIC_SHARED(float, sum);
    __shared__ float gradient[32];
    const int lane = threadIdx.x, t = blockIdx.x, heads = gridDim.y, head = blockIdx.y, kv_head = head / (heads / kv_heads);
    const int begin = offsets[of_token[t]];
    const size_t at = size_t(t) * heads + head;
    for (int d = lane; d < D; d += 32) sum[d] = 0;
    for (int u0 = begin; u0 <= t; u0 += 32) {
        const int u = u0 + lane;
        const size_t other = (size_t(min(u, t)) * kv_heads + kv_head) * D;
        const float p = u > t ? 0 : exp2_fast((dot(q + at * D, k + other, D) * scale - lse[at]) * log2_e_plain);
        const float ds = p * (dot(gy + at * D, v + other, D) - delta[at]) * scale;
        __syncthreads();                                          // the last 32 have been read
        gradient[lane] = ds;
        __syncthreads();
        for (int d = lane; d < D; d += 32)
            for (int i = 0; i < min(32, t + 1 - u0); i++) sum[d] += gradient[i] * float(k[(size_t(u0 + i) * kv_heads + kv_head) * D + d]);
    }
    for (int d = lane; d < D; d += 32) gq[at * D + d] = T(sum[d]);
}

template <class T>
__device__ __forceinline__ void keys_plain(T *gk, T *gv, const T *q, const T *k, const T *v, const T *gy, const float *lse, const float *delta,
                                           const int *offsets, const int *of_token, int heads, int D, float scale) {
    DYNAMIC_SHARED(float, sum_k);
    float *const sum_v = sum_k + D;
    __shared__ float gradient[32], weight[32];
    const int lane = threadIdx.x, u = blockIdx.x, kv_heads = gridDim.y, kv_head = blockIdx.y, group = heads / kv_heads;
    const int end = offsets[of_token[u] + 1];
    const size_t at = (size_t(u) * kv_heads + kv_head) * D;
    for (int d = lane; d < 2 * D; d += 32) sum_k[d] = 0;
    for (int head = kv_head * group; head < (kv_head + 1) * group; head++)
        for (int t0 = u; t0 < end; t0 += 32) {
            const int t = t0 + lane;
            const size_t other = size_t(min(t, end - 1)) * heads + head;
            const float p = t >= end ? 0 : exp2_fast((dot(k + at, q + other * D, D) * scale - lse[other]) * log2_e_plain);
            const float ds = p * (dot(v + at, gy + other * D, D) - delta[other]) * scale;
            __syncthreads();                                      // the last 32 have been read
            gradient[lane] = ds;
            weight[lane] = p;
            __syncthreads();
            for (int d = lane; d < D; d += 32)
                for (int i = 0; i < min(32, end - t0); i++) {
                    const size_t row = (size_t(t0 + i) * heads + head) * D + d;
                    sum_k[d] += gradient[i] * float(q[row]);
                    sum_v[d] += weight[i] * float(gy[row]);
                }
        }
    for (int d = lane; d < D; d += 32) {
        gk[at + d] = T(sum_k[d]);
        gv[at + d] = T(sum_v[d]);
    }
}

#define PLAIN(T, name)                                                                                                    \
    extern "C" __global__ void __launch_bounds__(256)                                                                     \
    attention_backward_plain_prepare_##name(float *delta, const T *y, const T *gy, int tokens, int heads, int D) {        \
        prepare_plain(delta, y, gy, tokens, heads, D);                                                                    \
    }                                                                                                                     \
    extern "C" __global__ void __launch_bounds__(32)                                                                      \
    attention_backward_plain_queries_##name(T *gq, const T *q, const T *k, const T *v, const T *gy, const float *lse, const float *delta, \
                                            const int *offsets, const int *of_token, int kv_heads, int D, float scale) {   \
        queries_plain(gq, q, k, v, gy, lse, delta, offsets, of_token, kv_heads, D, scale);                                 \
    }                                                                                                                     \
    extern "C" __global__ void __launch_bounds__(32)                                                                      \
    attention_backward_plain_keys_##name(T *gk, T *gv, const T *q, const T *k, const T *v, const T *gy, const float *lse, const float *delta, \
                                         const int *offsets, const int *of_token, int heads, int D, float scale) {         \
        keys_plain(gk, gv, q, k, v, gy, lse, delta, offsets, of_token, heads, D, scale);                                   \
    }                                                                                                                     \
    EXPORT_KERNEL(attention_backward_plain_prepare_##name) EXPORT_KERNEL(attention_backward_plain_queries_##name) EXPORT_KERNEL(attention_backward_plain_keys_##name)
PLAIN(float, f32)
PLAIN(bf16, bf16)
