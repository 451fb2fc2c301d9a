// What kernels that stream through memory are made of: some elements moved by one access and worked on as floats, and
// the loop of the element-wise kernels.
//
// A tensor may start anywhere (a view of rows) and have any size. Where addresses and sizes allow, elements move 16
// bytes at a time; else one by one. Each kernel looks by itself, so no launcher needs to know.
#pragma once
#include "device.h"

using f32 = float;                                                // as the names of kernels have it

/** So many elements of T make 16 bytes. */
template <class T> constexpr int wide = 16 / int(sizeof(T));

/** N elements of T moved at once; held as they came, 2 bf16 in a register. */
template <class T, int N> struct Slice {
    static constexpr int bytes = N * int(sizeof(T)), words = (bytes + 3) / 4;
    uint32_t w[words];

    __device__ __forceinline__ static Slice load(const T *p) {
        Slice s;
        if constexpr (bytes % 16 == 0) {
#pragma unroll
            for (int k = 0; k < bytes / 16; k++) {
                const uint4 u = as<const uint4>(p)[k];
                s.w[4 * k] = u.x, s.w[4 * k + 1] = u.y, s.w[4 * k + 2] = u.z, s.w[4 * k + 3] = u.w;
            }
        } else if constexpr (bytes == 8) {
            const uint2 u = *as<const uint2>(p);
            s.w[0] = u.x, s.w[1] = u.y;
        } else if constexpr (bytes == 4) {
            s.w[0] = *as<const uint32_t>(p);
        } else {
            static_assert(bytes == 2, "no access moves so many bytes");
            s.w[0] = *as<const uint16_t>(p);
        }
        return s;
    }

    __device__ __forceinline__ void store(T *p) const {
        if constexpr (bytes % 16 == 0) {
#pragma unroll
            for (int k = 0; k < bytes / 16; k++)
                as<uint4>(p)[k] = make_uint4(w[4 * k], w[4 * k + 1], w[4 * k + 2], w[4 * k + 3]);
        } else if constexpr (bytes == 8) {
            *as<uint2>(p) = make_uint2(w[0], w[1]);
        } else if constexpr (bytes == 4) {
            *as<uint32_t>(p) = w[0];
        } else {
            *as<uint16_t>(p) = uint16_t(w[0]);
        }
    }

    /** Element j as a float; j is known when this is compiled. */
    __device__ __forceinline__ float operator[](int j) const;

    /** The greatest element; NaN only if all are. */
    __device__ __forceinline__ float greatest() const;

    /** Rounds to nearest, ties to even. */
    __device__ __forceinline__ static Slice of(const float (&v)[N]);
};

/** The greater of two pairs of bf16, one by one; a number rather than NaN. */
__device__ __forceinline__ uint32_t greater_pair(uint32_t a, uint32_t b) {
#ifdef __CUDACC__
    uint32_t u;
    asm("max.bf16x2 %0, %1, %2;" : "=r"(u) : "r"(a), "r"(b));
    return u;
#else
    const float low = fmaxf(__uint_as_float(a << 16), __uint_as_float(b << 16));
    return pack(low, fmaxf(__uint_as_float(a & 0xffff0000u), __uint_as_float(b & 0xffff0000u)));
#endif
}

template <class T> struct Words;                                  // how elements lie in registers
template <> struct Words<float> {
    template <int W> __device__ __forceinline__ static float get(const uint32_t (&w)[W], int j) { return __uint_as_float(w[j]); }
    template <int W, int N> __device__ __forceinline__ static void set(uint32_t (&w)[W], const float (&v)[N]) {
#pragma unroll
        for (int j = 0; j < N; j++) w[j] = __float_as_uint(v[j]);
    }
    template <int W> __device__ __forceinline__ static float greatest(const uint32_t (&w)[W], int) {
        float m = __uint_as_float(w[0]);
#pragma unroll
        for (int k = 1; k < W; k++) m = fmaxf(m, __uint_as_float(w[k]));
        return m;
    }
};
template <> struct Words<bf16> {
    template <int W> __device__ __forceinline__ static float get(const uint32_t (&w)[W], int j) {
        return __uint_as_float(j % 2 ? w[j / 2] & 0xffff0000u : w[j / 2] << 16);
    }
    template <int W, int N> __device__ __forceinline__ static void set(uint32_t (&w)[W], const float (&v)[N]) {
        if constexpr (N == 1) w[0] = bf16(v[0]).bits;
        else {
#pragma unroll
            for (int j = 0; j < N; j += 2) w[j / 2] = pack(v[j], v[j + 1]);
        }
    }
    template <int W> __device__ __forceinline__ static float greatest(const uint32_t (&w)[W], int n) {
        uint32_t m = w[0];
#pragma unroll
        for (int k = 1; k < W; k++) m = greater_pair(m, w[k]);
        return n == 1 ? get(w, 0) : fmaxf(__uint_as_float(m << 16), __uint_as_float(m & 0xffff0000u));
    }
};
template <class T, int N> __device__ __forceinline__ float Slice<T, N>::operator[](int j) const { return Words<T>::get(w, j); }
template <class T, int N> __device__ __forceinline__ float Slice<T, N>::greatest() const { return Words<T>::greatest(w, N); }
template <class T, int N> __device__ __forceinline__ Slice<T, N> Slice<T, N>::of(const float (&v)[N]) {
    Slice s;
    Words<T>::set(s.w, v);
    return s;
}

/** Whether all addresses are multiples of `unit` bytes. */
template <class... P> __device__ __forceinline__ bool aligned(int unit, const P *...p) {
    return ((reinterpret_cast<size_t>(p) | ...) & (unit - 1)) == 0;
}

/** The pointers that `stream` works on. */
template <class T, int Inputs, int Outputs> struct Streams {
    const T *in[Inputs];
    T *out[Outputs];
    __device__ __forceinline__ bool wide_access() const {
        size_t all = 0;
#pragma unroll
        for (int k = 0; k < Inputs; k++) all |= reinterpret_cast<size_t>(in[k]);
#pragma unroll
        for (int k = 0; k < Outputs; k++) all |= reinterpret_cast<size_t>(out[k]);
        return (all & 15) == 0;
    }
};

/**
 * Calls f(inputs, outputs), arrays [tensor][N], for slices [0, count) of what starts at element `from`: `Depth` of them a
 * thread at a time, first all loads, then all stores.
 */
template <int N, int Depth, class T, int Inputs, int Outputs, class F>
__device__ __forceinline__ void stream_slices(const Streams<T, Inputs, Outputs> &s, long long from, long long count, F f) {
    const long long step = (long long) gridDim.x * blockDim.x * Depth;
    for (long long base = (long long) blockIdx.x * blockDim.x * Depth + threadIdx.x; base < count; base += step) {
        Slice<T, N> x[Depth][Inputs];
#pragma unroll
        for (int d = 0; d < Depth; d++)
#pragma unroll
            for (int k = 0; k < Inputs; k++)
                if (base + d * blockDim.x < count) x[d][k] = Slice<T, N>::load(s.in[k] + from + (base + d * blockDim.x) * N);
#pragma unroll
        for (int d = 0; d < Depth; d++) {
            const long long at = base + d * blockDim.x;
            if (at >= count) break;
            float a[Inputs][N], b[Outputs][N];
#pragma unroll
            for (int k = 0; k < Inputs; k++)
#pragma unroll
                for (int j = 0; j < N; j++) a[k][j] = x[d][k][j];
            f(a, b);
#pragma unroll
            for (int k = 0; k < Outputs; k++) Slice<T, N>::of(b[k]).store(s.out[k] + from + at * N);
        }
    }
}

/**
 * f on all n elements, some at a time; an output may be an input. Right for any grid; meant for one of
 * n / (threads x Depth x elements in 16 bytes) blocks, so that each thread goes around once.
 */
template <int Depth, class T, int Inputs, int Outputs, class F>
__device__ __forceinline__ void stream(const Streams<T, Inputs, Outputs> &s, long long n, F f) {
    const long long whole = s.wide_access() ? n / wide<T> : 0;
    stream_slices<wide<T>, Depth>(s, 0, whole, f);
    stream_slices<1, 1>(s, whole * wide<T>, n - whole * wide<T>, f);
}

/** What `stream` takes, from a function of one element: y = f(x) or y = f(x, z). */
template <class F> struct Each {
    F f;
    template <int N> __device__ __forceinline__ void operator()(const float (&x)[1][N], float (&y)[1][N]) const {
#pragma unroll
        for (int j = 0; j < N; j++) y[0][j] = f(x[0][j]);
    }
    template <int N> __device__ __forceinline__ void operator()(const float (&x)[2][N], float (&y)[1][N]) const {
#pragma unroll
        for (int j = 0; j < N; j++) y[0][j] = f(x[0][j], x[1][j]);
    }
};
template <class F> __device__ __forceinline__ Each<F> each(F f) { return {f}; }
