// swiglu: the gated activation of Llama's feed-forward layer (Shazeer, arXiv 2002.05202) and its gradients.
//
//   s = 1 / (1 + exp(-gate))      y = gate s up
//   ggate = gy up (s + gate s (1 - s))      gup = gy gate s
//
// All n elements T (bf16 or f32), computed in f32. Overwrites y, ggate, gup; an output may be an input.
// Alignment: any; fast on 16-byte addresses.
#include "elements.h"

__device__ __forceinline__ float logistic(float x) { return __fdividef(1.0f, 1.0f + __expf(-x)); }

template <class T> __device__ __forceinline__ void forward(T *y, const T *gate, const T *up, long long n) {
    const Streams<T, 2, 1> all = {{gate, up}, {y}};
    stream<2>(all, n, [](const float(&x)[2], float(&out)[1]) { out[0] = x[0] * logistic(x[0]) * x[1]; });
}

template <class T>
__device__ __forceinline__ void backward(T *ggate, T *gup, const T *gate, const T *up, const T *gy, long long n) {
    const Streams<T, 3, 2> all = {{gate, up, gy}, {ggate, gup}};
    stream<2>(all, n, [](const float(&x)[3], float(&out)[2]) {
        const float s = logistic(x[0]), silu = x[0] * s;
        out[0] = x[2] * x[1] * (s + silu * (1 - s));
        out[1] = x[2] * silu;
    });
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
