// swiglu: the gated activation of Llama's feed-forward layer (Shazeer, arXiv 2002.05202) and its gradients.
//
//     s = 1 / (1 + exp(-gate))                            y = gate s up
//     ggate = gy up (s + gate s (1 - s))                  gup = gy gate s
//
// reads       gate, up, gy [n], bf16 or f32; computes in f32
// overwrites  y, ggate, gup [n], which may be inputs
// alignment   any; fast on 16-byte addresses
// registers   swiglu_* 72
// test        mvn verify -pl cuda-kernels -am -Dtest=SwiGluKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar SwiGluKernelBench
#include "elements.h"
#include "logistic.h"

template <class T> __device__ __forceinline__ void forward(T *y, const T *gate, const T *up, long long n) {
    const Streams<T, 2, 1> all = {{gate, up}, {y}};
    stream<2>(all, n, each([](float g, float u) { return g * logistic(g) * u; }));
}

struct Gradients {
    template <int N> __device__ __forceinline__ void operator()(const float (&x)[3][N], float (&out)[2][N]) const {
#pragma unroll
        for (int j = 0; j < N; j++) {
            const float gate = x[0][j], up = x[1][j], gy = x[2][j], s = logistic(gate), silu = gate * s;
            out[0][j] = gy * up * (s + silu * (1 - s));
            out[1][j] = gy * silu;
        }
    }
};
template <class T>
__device__ __forceinline__ void backward(T *ggate, T *gup, const T *gate, const T *up, const T *gy, long long n) {
    const Streams<T, 3, 2> all = {{gate, up, gy}, {ggate, gup}};
    stream<2>(all, n, Gradients());
}

#define KERNELS(T)                                                                                                 \
    extern "C" __global__ void swiglu_forward_##T(T *y, const T *gate, const T *up, long long n) {                 \
        forward(y, gate, up, n);                                                                                   \
    }                                                                                                              \
    EXPORT_KERNEL(swiglu_forward_##T)                                                                              \
    extern "C" __global__ void swiglu_backward_##T(T *ggate, T *gup, const T *gate, const T *up, const T *gy,      \
                                                   long long n) {                                                  \
        backward(ggate, gup, gate, up, gy, n);                                                                     \
    }                                                                                                              \
    EXPORT_KERNEL(swiglu_backward_##T)
KERNELS(bf16)
KERNELS(f32)
