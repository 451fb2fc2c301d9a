// Causal attention for any head size and for f32: the plain version, right first.
//
//     y = softmax(q k^T scale) v, keys 0..t for query t;  lse = log sum exp(scores), natural
//
// _batch: keys lie in the batch, as in attention_forward.cu.   _pages: keys lie in pages, as in attention_paged.cu.
//
// reads       q [T, H, D] and k, v [T, KV, D], or a pool of pages [KV, 64, D]; offsets or sequences and pages
// overwrites  y [T, H, D]; lse [T, H] f32 (_batch)
// alignment   of an element
// grid        (T, H, ceil(D / 128)), 32 threads, D floats of shared memory; for _pages, T counts the entries of `rows`
// registers   attention_plain_* 64
// test        mvn verify -pl cuda-kernels -am -Dtest=AttentionForwardKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar AttentionForwardKernelBench
//
// A warp computes 128 dimensions of one row. It takes 32 keys at a time: first a lane is a key (and walks over the head), then
// a lane is every 32nd dimension (and walks over the keys):
//
//     scores   lane u: q . k[t + u]          values   lane d: o[d] += p[u] v[t + u][d], u = 0..31, p[u] by shuffle
#include "device.h"

constexpr float log2_e = 1.44269504f;

/** One row. key(t), value(t): rows of D elements; keys 0 to last count. Writes y and, if asked, lse. */
template <class T, class Key, class Value>
__device__ __forceinline__ void plain_row(T *y, float *lse, const T *q, int last, int D, float scale, Key key, Value value) {
    DYNAMIC_SHARED(float, query);
    const int lane = threadIdx.x, first = blockIdx.z * 128;
    for (int d = lane; d < D; d += 32) query[d] = float(q[d]);
    __syncwarp();

    float o[4] = {}, greatest = -INFINITY, sum = 0;
    for (int t = 0; t <= last; t += 32) {
        float s = -INFINITY;
        if (t + lane <= last) {
            const T *k = key(t + lane);
            s = 0;
            for (int d = 0; d < D; d++) s += query[d] * float(k[d]);
            s *= scale;
        }
        const float g = fmaxf(greatest, warp_max(s)), shrink = exp2f((greatest - g) * log2_e);
        const float p = exp2f((s - g) * log2_e);
        greatest = g;
        sum = sum * shrink + p;                                   // a lane's own part
#pragma unroll
        for (int j = 0; j < 4; j++) o[j] *= shrink;
        for (int u = 0; u < 32 && t + u <= last; u++) {
            const float share = __shfl_sync(~0u, p, u);
            const T *v = value(t + u);
#pragma unroll
            for (int j = 0; j < 4; j++)
                if (first + j * 32 + lane < D) o[j] += share * float(v[first + j * 32 + lane]);
        }
    }
    sum = warp_sum(sum);
    if (lse && lane == 0 && blockIdx.z == 0) *lse = greatest + logf(sum);
#pragma unroll
    for (int j = 0; j < 4; j++)
        if (first + j * 32 + lane < D) y[first + j * 32 + lane] = T(o[j] / sum);
}

/** sequence_of [T]: the sequence of each token. */
template <class T>
__device__ __forceinline__ void plain_batch(T *y, float *lse, const T *q, const T *k, const T *v,
                                            const int *offsets, const int *sequence_of, int D, int kv_heads, float scale) {
    const int heads = gridDim.y, head = blockIdx.y, token = blockIdx.x, begin = offsets[sequence_of[token]];
    const size_t row = size_t(token) * heads + head, kv_stride = size_t(kv_heads) * D;
    const size_t from = begin * kv_stride + head / (heads / kv_heads) * D;
    plain_row(y + row * D, lse + row, q + row * D, token - begin, D, scale,
              [&](int t) { return k + from + t * kv_stride; }, [&](int t) { return v + from + t * kv_stride; });
}

/** rows {row of q, position, first entry in pages, 0}. */
template <class T>
__device__ __forceinline__ void plain_pages(T *y, const T *q, const T *pool, size_t page_stride, size_t value_offset,
                                            const int4 *rows, const int *pages, int D, int kv_heads, float scale) {
    const int heads = gridDim.y, head = blockIdx.y;
    const int4 r = rows[blockIdx.x];
    const size_t row = size_t(r.x) * heads + head;
    pool += size_t(head / (heads / kv_heads)) * 64 * D;
    auto key = [&](int t) { return pool + pages[r.z + t / 64] * page_stride + size_t(t % 64) * D; };
    plain_row(y + row * D, nullptr, q + row * D, r.y, D, scale, key, [&](int t) { return key(t) + value_offset; });
}

#define PLAIN(T, name)                                                                                                    \
    extern "C" __global__ void __launch_bounds__(32)                                                                      \
    attention_plain_batch_##name(T *y, float *lse, const T *q, const T *k, const T *v, const int *offsets,                \
                                 const int *sequence_of, int D, int kv_heads, float scale) {                              \
        plain_batch<T>(y, lse, q, k, v, offsets, sequence_of, D, kv_heads, scale);                                        \
    }                                                                                                                     \
    EXPORT_KERNEL(attention_plain_batch_##name)                                                                           \
    extern "C" __global__ void __launch_bounds__(32)                                                                      \
    attention_plain_pages_##name(T *y, const T *q, const T *pool, long long page_stride, long long value_offset,          \
                                 const int4 *rows, const int *pages, int D, int kv_heads, float scale) {                  \
        plain_pages<T>(y, q, pool, page_stride, value_offset, rows, pages, D, kv_heads, scale);                           \
    }                                                                                                                     \
    EXPORT_KERNEL(attention_plain_pages_##name)
PLAIN(float, f32)
PLAIN(bf16, bf16)
