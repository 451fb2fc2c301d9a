// elementwise: functions of one or two tensors, element by element.
//
//     elementwise_unary     y = f(x), f by its number in dev.gavel.tensor.spi.UnaryOp
//     elementwise_binary    y = f(a, b), f by its number in BinaryOp; b has a's shape, one element, a's last dimension, or
//                           one element for each row of a
//     elementwise_axpby     y = alpha x + beta y; with beta 0 what stood in y is not read
//     elementwise_affine    y = alpha x + shift
//     elementwise_fill      y = a value of 2, 4 or 8 bytes, repeated to 8
//
// reads       x, a, b, bf16 or f32; computes in f32
// overwrites  y, which may be x or a
// alignment   any; fast on 16-byte addresses and, where b is spread, with rows of a multiple of 16 bytes
// registers   elementwise_binary_* 72
// registers   elementwise_* 56
// test        mvn verify -pl cuda-kernels -am -Dtest=ElementwiseKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar ElementwiseKernelBench
#include "elements.h"

constexpr int unary_depth = 2, spread_depth = 2;                  // accesses in flight; the launcher's grid has them too

__device__ __forceinline__ float logistic(float x) {
    const float e = expf(-fabsf(x)), r = __fdividef(1.0f, 1 + e); // never overflows; one quotient, of 1 and [1, 2]
    return x >= 0 ? r : e * r;
}

/** The function is chosen once for each slice, so that the loops around it exist once. */
struct Unary {
    int op;
    template <int N, class F> __device__ __forceinline__ static void all(const float (&x)[1][N], float (&y)[1][N], F f) {
#pragma unroll
        for (int j = 0; j < N; j++) y[0][j] = f(x[0][j]);
    }
    template <int N> __device__ __forceinline__ void operator()(const float (&x)[1][N], float (&y)[1][N]) const {
        switch (op) {                                             // in the order of UnaryOp
            case 0: return all(x, y, [](float v) { return -v; });
            case 1: return all(x, y, [](float v) { return expf(v); });
            case 2: return all(x, y, [](float v) { return logf(v); });
            case 3: return all(x, y, [](float v) { return sqrtf(v); });
            case 4: return all(x, y, [](float v) { return 1 / v; });
            case 5: return all(x, y, [](float v) { return v * v; });
            case 6: return all(x, y, [](float v) { return fabsf(v); });
            case 7: return all(x, y, [](float v) { return v > 0 ? v : 0; });
            case 8: return all(x, y, [](float v) { return logistic(v); });
            case 9: return all(x, y, [](float v) { return (v < 0 ? v : v != v ? v : 0) - log1pf(expf(-fabsf(v))); });
            case 10: return all(x, y, [](float v) { return v * logistic(v); });
            default: return all(x, y, [](float v) { return v > 0 ? 1.0f : v < 0 ? -1.0f : v; });
        }
    }
};

struct Binary {
    int op;
    template <int N, class F> __device__ __forceinline__ static void all(const float (&x)[2][N], float (&y)[1][N], F f) {
#pragma unroll
        for (int j = 0; j < N; j++) y[0][j] = f(x[0][j], x[1][j]);
    }
    template <int N> __device__ __forceinline__ void operator()(const float (&x)[2][N], float (&y)[1][N]) const {
        switch (op) {                                             // in the order of BinaryOp
            case 0: return all(x, y, [](float u, float v) { return u + v; });
            case 1: return all(x, y, [](float u, float v) { return u - v; });
            case 2: return all(x, y, [](float u, float v) { return u * v; });
            case 3: return all(x, y, [](float u, float v) { return u / v; });
            case 4: return all(x, y, [](float u, float v) { return u != u || v != v ? u + v : fmaxf(u, v); });
            default: return all(x, y, [](float u, float v) { return u != u || v != v ? u + v : fminf(u, v); });
        }
    }
};

/** Where the second argument of element i stands. */
enum class Spread { same, one, row, column };

struct Position {
    unsigned columns;
    __device__ __forceinline__ long long row(long long i) const { return i >> 32 ? i / columns : unsigned(i) / columns; }
    __device__ __forceinline__ long long column(long long i) const { return i - row(i) * columns; }
};

/** b is spread: a slice of a lies in one row. As in `stream`, a thread first asks for all that it works on. */
template <int N, class T>
__device__ __forceinline__ void spread_slices(T *y, const T *a, const T *b, Spread spread, unsigned columns, long long count, Binary f) {
    const Position position = {columns};
    const float one = spread == Spread::one ? float(b[0]) : 0.0f;
    const long long step = (long long) gridDim.x * blockDim.x * spread_depth;
    for (long long base = (long long) blockIdx.x * blockDim.x * spread_depth + threadIdx.x; base < count; base += step) {
        Slice<T, N> x[spread_depth], other[spread_depth];         // of `other` its first element, unless b is a row
#pragma unroll
        for (int d = 0; d < spread_depth; d++) {
            const long long k = base + d * blockDim.x;
            if (k >= count) break;
            x[d] = Slice<T, N>::load(a + k * N);
            if (spread == Spread::row) other[d] = Slice<T, N>::load(b + position.column(k * N));
            if (spread == Spread::column) other[d].w[0] = Slice<T, 1>::load(b + position.row(k * N)).w[0];
        }
#pragma unroll
        for (int d = 0; d < spread_depth; d++) {
            const long long k = base + d * blockDim.x;
            if (k >= count) break;
            float in[2][N], out[1][N];
#pragma unroll
            for (int j = 0; j < N; j++) {
                in[0][j] = x[d][j];
                in[1][j] = spread == Spread::row ? other[d][j] : spread == Spread::one ? one : other[d][0];
            }
            f(in, out);
            Slice<T, N>::of(out[0]).store(y + k * N);
        }
    }
}

template <class T>
__device__ __forceinline__ void binary(T *y, const T *a, const T *b, int op, int spread, int columns, long long n) {
    const Binary f = {op};
    const auto s = Spread(spread);
    if (s == Spread::same) {
        const Streams<T, 2, 1> all = {{a, b}, {y}};
        stream<2>(all, n, f);
    } else if (columns % wide<T> == 0 && (s == Spread::row ? aligned(16, y, a, b) : aligned(16, y, a))) {
        spread_slices<wide<T>>(y, a, b, s, columns, n / wide<T>, f);
    } else {
        spread_slices<1>(y, a, b, s, columns, n, f);
    }
}

template <class T> __device__ __forceinline__ void unary(T *y, const T *x, int op, long long n) {
    const Streams<T, 1, 1> all = {{x}, {y}};
    stream<unary_depth>(all, n, Unary{op});
}

template <class T> __device__ __forceinline__ void affine(T *y, const T *x, float alpha, float shift, long long n) {
    const Streams<T, 1, 1> all = {{x}, {y}};
    stream<4>(all, n, each([alpha, shift](float v) { return alpha * v + shift; }));
}

template <class T> __device__ __forceinline__ void axpby(T *y, const T *x, float alpha, float beta, long long n) {
    if (beta == 0) return affine(y, x, alpha, 0, n);
    const Streams<T, 2, 1> all = {{x, y}, {y}};
    stream<2>(all, n, each([alpha, beta](float u, float v) { return alpha * u + beta * v; }));
}

/** `pattern` repeats every 8 bytes; y is aligned to the elements that it is made of, n counts units of 2 bytes. */
extern "C" __global__ void elementwise_fill(uint16_t *y, unsigned long long pattern, long long n) {
    const long long thread = (long long) blockIdx.x * blockDim.x + threadIdx.x, threads = (long long) gridDim.x * blockDim.x;
    const bool whole = aligned(16, y);
    const uint32_t low = uint32_t(pattern), high = uint32_t(pattern >> 32);
    if (whole)
        for (long long i = thread; i < n / 8; i += threads) as<uint4>(y)[i] = make_uint4(low, high, low, high);
    for (long long i = (whole ? n / 8 * 8 : 0) + thread; i < n; i += threads) y[i] = uint16_t(pattern >> i % 4 * 16);
}
EXPORT_KERNEL(elementwise_fill)

#define KERNELS(T)                                                                                                     \
    extern "C" __global__ void elementwise_unary_##T(T *y, const T *x, int op, long long n) { unary(y, x, op, n); }    \
    EXPORT_KERNEL(elementwise_unary_##T)                                                                               \
    extern "C" __global__ void elementwise_binary_##T(T *y, const T *a, const T *b, int op, int spread, int columns,   \
                                                      long long n) {                                                   \
        binary(y, a, b, op, spread, columns, n);                                                                       \
    }                                                                                                                  \
    EXPORT_KERNEL(elementwise_binary_##T)                                                                              \
    extern "C" __global__ void elementwise_axpby_##T(T *y, const T *x, float alpha, float beta, long long n) {         \
        axpby(y, x, alpha, beta, n);                                                                                   \
    }                                                                                                                  \
    EXPORT_KERNEL(elementwise_axpby_##T)                                                                               \
    extern "C" __global__ void elementwise_affine_##T(T *y, const T *x, float alpha, float shift, long long n) {       \
        affine(y, x, alpha, shift, n);                                                                                 \
    }                                                                                                                  \
    EXPORT_KERNEL(elementwise_affine_##T)
KERNELS(bf16)
KERNELS(f32)
