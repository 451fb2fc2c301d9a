// Gradients of causal grouped-query attention for any head size, bf16 or f32: right and simple. Heads of 64 and 128 in bf16
// have attention_backward.cu.
//
//     p = exp(scale q k^T - lse)     gs = p (gy v^T - delta)     delta = sum of y gy
//     gv = p^T gy        gk = scale gs^T q        gq = scale gs k
//
// inside each sequence, keys 0..t for query t. A warp has one query (queries: gq) or one key (keys: gk, gv, over all heads of
// its group) and takes the others 32 at a time: each lane computes p and gs of one, then each adds up some of the columns.
//
// prepare     reads y, gy [T, H, D]; overwrites delta [T, H] f32
// keys        reads q, gy [T, H, D], k, v [T, KV, D], lse, delta [T, H] f32; overwrites gk, gv [T, KV, D]
// queries     the same; overwrites gq [T, H, D]
//             both read offsets [sequences + 1] and of_token [T]: the sequence of each token
// alignment   none beyond that of the elements
// registers   attention_backward_plain_* 96
// test        mvn verify -pl cuda-kernels -am -Dtest=AttentionBackwardKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar AttentionBackwardKernelBench
#include "device.h"

constexpr float log2_e = 1.44269504f;

template <class T> __device__ __forceinline__ float dot(const T *a, const T *b, int n) {
    float sum = 0;
    for (int i = 0; i < n; i++) sum += float(a[i]) * float(b[i]);
    return sum;
}

/** One warp a token and head. grid: (ceil(tokens * heads / 8)), 256 threads. */
template <class T>
__device__ __forceinline__ void prepare(float *delta, const T *y, const T *gy, int tokens, int heads, int D) {
    const long long i = blockIdx.x * 8ll + threadIdx.x / 32;
    if (i >= (long long) tokens * heads) return;
    float sum = 0;
    for (int j = threadIdx.x % 32; j < D; j += 32) sum += float(y[i * D + j]) * float(gy[i * D + j]);
    sum = warp_sum(sum);
    if (threadIdx.x % 32 == 0) delta[i] = sum;
}

/** grid: (tokens, heads), one warp a block, D floats of shared memory. */
template <class T>
__device__ __forceinline__ void queries(T *gq, const T *q, const T *k, const T *v, const T *gy, const float *lse, const float *delta,
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
        const float p = u > t ? 0 : exp2_fast((dot(q + at * D, k + other, D) * scale - lse[at]) * log2_e);
        const float ds = p * (dot(gy + at * D, v + other, D) - delta[at]) * scale;
        __syncthreads();                                          // the last 32 have been read
        gradient[lane] = ds;
        __syncthreads();
        for (int d = lane; d < D; d += 32)
            for (int i = 0; i < min(32, t + 1 - u0); i++) sum[d] += gradient[i] * float(k[(size_t(u0 + i) * kv_heads + kv_head) * D + d]);
    }
    for (int d = lane; d < D; d += 32) gq[at * D + d] = T(sum[d]);
}

/** grid: (tokens, kv_heads), one warp a block, 2 D floats of shared memory. */
template <class T>
__device__ __forceinline__ void keys(T *gk, T *gv, const T *q, const T *k, const T *v, const T *gy, const float *lse, const float *delta,
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
            const float p = t >= end ? 0 : exp2_fast((dot(k + at, q + other * D, D) * scale - lse[other]) * log2_e);
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
        prepare(delta, y, gy, tokens, heads, D);                                                                    \
    }                                                                                                                     \
    extern "C" __global__ void __launch_bounds__(32)                                                                      \
    attention_backward_plain_queries_##name(T *gq, const T *q, const T *k, const T *v, const T *gy, const float *lse, const float *delta, \
                                            const int *offsets, const int *of_token, int kv_heads, int D, float scale) {   \
        queries(gq, q, k, v, gy, lse, delta, offsets, of_token, kv_heads, D, scale);                                 \
    }                                                                                                                     \
    extern "C" __global__ void __launch_bounds__(32)                                                                      \
    attention_backward_plain_keys_##name(T *gk, T *gv, const T *q, const T *k, const T *v, const T *gy, const float *lse, const float *delta, \
                                         const int *offsets, const int *of_token, int heads, int D, float scale) {         \
        keys(gk, gv, q, k, v, gy, lse, delta, offsets, of_token, heads, D, scale);                                   \
    }                                                                                                                     \
    EXPORT_KERNEL(attention_backward_plain_prepare_##name) EXPORT_KERNEL(attention_backward_plain_queries_##name) EXPORT_KERNEL(attention_backward_plain_keys_##name)
PLAIN(float, f32)
PLAIN(bf16, bf16)
