// rope: rotary position embedding (Su et al., arXiv 2104.09864) in the half-split layout of Hugging Face's Llama.
//
//     y[i] = x[i] cos - x[i + D/2] sin                    y[i + D/2] = x[i + D/2] cos + x[i] sin          for i < D/2
//
// with cos, sin = tables[positions[token], i]; `sign` -1 turns back, which is the gradient.
//
// reads       x [tokens, heads, D], bf16 or f32; cos, sin [positions, D/2] f32; positions [tokens] i32
// overwrites  y [tokens, heads, D], which may be x
// alignment   any; fast with D/2 elements a multiple of 16 bytes, on 16-byte addresses
// registers   rope_* 40
// test        mvn verify -pl cuda-kernels -am -Dtest=RopeKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar RopeKernelBench
#include "elements.h"

/** Pair `i` to i + N - 1 of one head. */
template <class T, int N>
__device__ __forceinline__ void turn(T *y, const T *x, const float *cos, const float *sin, int half, int i, float sign) {
    const auto u = Slice<T, N>::load(x + i), v = Slice<T, N>::load(x + i + half);
    const auto c = Slice<float, N>::load(cos + i), s = Slice<float, N>::load(sin + i);
    float a[N], b[N];
#pragma unroll
    for (int j = 0; j < N; j++) {
        const float sj = sign * s[j];
        a[j] = u[j] * c[j] - v[j] * sj;
        b[j] = v[j] * c[j] + u[j] * sj;
    }
    Slice<T, N>::of(a).store(y + i);
    Slice<T, N>::of(b).store(y + i + half);
}

/** One block a token. */
template <class T>
__device__ __forceinline__ void rope(T *y, const T *x, const float *cos, const float *sin, const int *positions, int heads,
                                     int half, float sign) {
    constexpr int N = wide<T>;
    const size_t at = size_t(blockIdx.x) * heads * half * 2, angle = size_t(positions[blockIdx.x]) * half;
    x += at, y += at, cos += angle, sin += angle;
    if (half % N == 0 && aligned(16, x, y, cos, sin)) {
        const int slices = half / N;
        for (int i = threadIdx.x; i < heads * slices; i += blockDim.x) {
            const size_t head = size_t(i / slices) * half * 2;
            turn<T, N>(y + head, x + head, cos, sin, half, i % slices * N, sign);
        }
    } else {
        for (int i = threadIdx.x; i < heads * half; i += blockDim.x) {
            const size_t head = size_t(i / half) * half * 2;
            turn<T, 1>(y + head, x + head, cos, sin, half, i % half, sign);
        }
    }
}

#define KERNELS(T)                                                                                                  \
    extern "C" __global__ void rope_##T(T *y, const T *x, const float *cos, const float *sin, const int *positions, \
                                        int heads, int half, float sign) {                                          \
        rope(y, x, cos, sin, positions, heads, half, sign);                                                         \
    }                                                                                                               \
    EXPORT_KERNEL(rope_##T)
KERNELS(bf16)
KERNELS(f32)
