// sample: a token from each row of logits, as dev.gavel.llama.generate.Sampler cuts and draws: temperature, top-k, top-p
// (the smallest set whose mass reaches p, the token that crosses included, the lower id on ties), min-p, then the first id
// at which the running sum exceeds u times the whole; and its log-probability at temperature 1, nothing cut.
//
//     mass(x) = floor(2^40 exp((x - max) / temperature))
//
// An integer, so sums are exact in any order and many blocks may share a row: all multiprocessors work on few rows, and a
// row's result depends on nothing but the row. Linear in the vocabulary, no sort: thresholds are found by the digits of an
// order-preserving key, 8 bits at a time.
//
//     sample_begin   sums of exponentials and arg-max of each slice of a row; clears the histograms
//     sample_level   (bf16: twice, f32: four times, for top-k and again for top-p) a histogram, over the next digit, of
//                    counts or masses of all tokens that share the digits so far with the token at the limit
//     sample_sums    what is kept: mass above the threshold and number of ties, in chunks of 256 tokens
//     sample_finish  finds the chunk, then the token
//
//     row   | chunk | chunk | ...  32 lanes x 8 tokens each | ...                      16 slices, whole chunks each
//
// reads       logits [rows, columns], bf16 or f32; asks [rows]
// overwrites  ids [rows] i32, -1 where the logits are not numbers; logprobs [rows] f32; the work space
// columns     at most 500,000: what a copy of the histogram sums stays below 2^32
// alignment   any; fast with rows of a multiple of 16 bytes; asks and work space on 16-byte addresses
// registers   sample_* 64
// test        mvn verify -pl cuda-kernels -am -Dtest=SampleKernelTest -Dsurefire.failIfNoSpecifiedTests=false
// bench       java -jar bench/target/benchmarks.jar SampleKernelBench
#include "exponentials.h"

constexpr int slices = 16, chunk = 256, bins = 256, copies = 8, threads = 256;
constexpr int bins_apart = bins + 32 / copies;                    // so that the copies of a bin are in different banks
using u64 = unsigned long long;

/** What a row asks for: 32 bytes. */
struct Ask {
    double u, top_p;                                              // top_p 1: off
    float factor;                                                 // log2(e) / temperature; 0: greedy
    float min_p;                                                  // 0: off
    int top_k, unused;                                            // 0: off
};

/** One slice of a row; 32 bytes. */
struct Part {
    float top, sum, top1, sum1, greatest;                         // with the temperature, and at temperature 1
    int index;
    float unused[2];
};

/** What is known after some digits: the least key that may be kept, what lies above it, and the limit. */
struct Found {
    u64 above, limit;
    uint32_t key;                                                 // digits so far, aligned to the left; the rest 0
    uint32_t whole;                                               // 1: the limit is not reached, everything is kept
    uint32_t pad[2];
};

/** The bits of a key; those that bf16 does not have stay 0. */
template <class T> constexpr uint32_t key_bits = sizeof(T) == 2 ? 0xffff0000u : 0xffffffffu;

/** Grows with x; -0 counts as 0. */
template <class T> __device__ __forceinline__ uint32_t key_of(float x) {
    const uint32_t u = __float_as_uint(x + 0.0f);
    return u ^ (u >> 31 ? key_bits<T> : 0x80000000u);
}
template <class T> __device__ __forceinline__ float of_key(uint32_t key) {
    return __uint_as_float(key ^ (key >> 31 ? 0x80000000u : key_bits<T>));
}

__device__ __forceinline__ u64 mass_of(float x, float factor, float top) {
    return u64(exp2_fast(fmaf(x, factor, -top)) * 1099511627776.0f);
}

/** Eight tokens; -inf, which has no mass, beyond the end. */
template <class T> __device__ __forceinline__ Slice<T, 8> eight(const T *row, int at, int columns) {
    if (at + 8 <= columns && aligned(16, row + at)) return Slice<T, 8>::load(row + at);
    float x[8];
#pragma unroll
    for (int j = 0; j < 8; j++) x[j] = at + j < columns ? float(row[at + j]) : -INFINITY;
    return Slice<T, 8>::of(x);
}

__device__ __forceinline__ int chunks_of(int columns) { return (columns + chunk - 1) / chunk; }

/** How many chunks a slice has; the last slices of a short row have none. */
__device__ __forceinline__ int share_of(int columns) { return (chunks_of(columns) + slices - 1) / slices; }
__device__ __forceinline__ bool idle(int columns) { return int(blockIdx.x) * share_of(columns) >= chunks_of(columns); }

/**
 * Calls f(chunk, first token, its eight logits) for the chunks of slice blockIdx.x that fall to this warp. 64 bytes a
 * thread are in flight: all that a warp has of a row of 128,256 bf16.
 */
template <class T, class F> __device__ __forceinline__ void each_chunk(const T *row, int columns, F f) {
    constexpr int Depth = 64 / int(sizeof(Slice<T, 8>)), warps = threads / 32;
    const int share = share_of(columns), end = min(chunks_of(columns), (int(blockIdx.x) + 1) * share);
    for (int first = blockIdx.x * share + threadIdx.x / 32; first < end; first += Depth * warps) {
        Slice<T, 8> v[Depth];
#pragma unroll
        for (int d = 0; d < Depth; d++)
            if (first + d * warps < end) v[d] = eight(row, (first + d * warps) * chunk + int(threadIdx.x) % 32 * 8, columns);
#pragma unroll
        for (int d = 0; d < Depth; d++) {
            const int c = first + d * warps;
            if (c >= end) break;
            float x[8];
#pragma unroll
            for (int j = 0; j < 8; j++) x[j] = v[d][j];
            f(c, c * chunk + int(threadIdx.x) % 32 * 8, x);
        }
    }
}

template <class T> __device__ __forceinline__ void begin(Part *parts, u64 *histograms, int levels, const T *logits, const Ask *asks, int columns) {
    const int r = blockIdx.y;
    const float factor = asks[r].factor;
    for (int i = blockIdx.x * threads + threadIdx.x; i < levels * bins; i += slices * threads) histograms[size_t(r) * levels * bins + i] = 0;
    Exponentials warm, plain;
    Best best = {-INFINITY, 0x7fffffff};
    if (idle(columns)) {
        if (threadIdx.x == 0) parts[r * slices + blockIdx.x] = {warm.top, 0, plain.top, 0, best.value, best.index, {}};
        return;
    }
    each_chunk(logits + size_t(r) * columns, columns, [&](int, int at, const float(&x)[8]) {
        float most = x[0];
#pragma unroll
        for (int j = 1; j < 8; j++) most = fmaxf(most, x[j]);
        if (most > best.value) {
            best.value = most;
#pragma unroll
            for (int j = 7; j >= 0; j--)
                if (x[j] == most) best.index = at + j;
        }
        plain.raise(fmaxf(plain.top, most * log2_e));
#pragma unroll
        for (int j = 0; j < 8; j++) plain.add(x[j], log2_e);
        if (factor == log2_e || factor == 0) return;
        warm.raise(fmaxf(warm.top, most * factor));
#pragma unroll
        for (int j = 0; j < 8; j++) warm.add(x[j], factor);
    });
    plain = block_sums(plain);
    warm = factor == log2_e || factor == 0 ? plain : block_sums(warm);
    best = block_best(best);
    if (threadIdx.x == 0) parts[r * slices + blockIdx.x] = {warm.top, warm.sum, plain.top, plain.sum, best.value, best.index, {}};
}

/** The row's greatest term, from its slices. */
__device__ __forceinline__ float top_of(const Part *parts) {
    float top = parts[0].top;
#pragma unroll
    for (int s = 1; s < slices; s++) top = fmaxf(top, parts[s].top);
    return top;
}

/** The sum over this thread and those before it, `all` over the block; 256 threads. */
__device__ __forceinline__ u64 running_sum(u64 x, u64 &all) {
    __shared__ u64 part[threads / 32];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
#pragma unroll
    for (int d = 1; d < 32; d <<= 1) {
        const u64 before = __shfl_up_sync(~0u, x, d);
        if (lane >= d) x += before;
    }
    __syncthreads();
    if (lane == 31) part[warp] = x;
    __syncthreads();
    all = 0;
#pragma unroll
    for (int w = 0; w < threads / 32; w++) {
        if (w < warp) x += part[w];
        all += part[w];
    }
    return x;
}

/** One digit more: where, from the greatest down, the histogram reaches the limit. `share`: the limit is a part of all. */
__device__ __forceinline__ Found narrow(Found f, const u64 *histogram, int level, double share) {
    __shared__ Found result;
    u64 all;
    const u64 mine = histogram[bins - 1 - threadIdx.x];
    const u64 sum = running_sum(mine, all);
    if (level == 0) {
        if (share >= 0) f.limit = u64(ceil(share * double(all)));
        f.whole = f.limit > all || f.limit == 0;
    }
    __syncthreads();
    if (threadIdx.x == 0) result = f;                             // if nothing is cut
    __syncthreads();
    if (!f.whole && f.above + sum >= f.limit && f.above + sum - mine < f.limit) {
        result = f;
        result.above = f.above + sum - mine;
        result.key = f.key | uint32_t(bins - 1 - threadIdx.x) << (24 - 8 * level);
    }
    __syncthreads();
    return result;
}

/**
 * What a search has found after `level` digits, level >= 1. Found [search, digits so far - 1]: search 0 is top-k's, 1
 * top-p's. All blocks of a row come to the same; that of slice 0 keeps it for the next level.
 */
__device__ __forceinline__ Found advance(Found *found, const u64 *histograms, const Ask &ask, int search, int level, bool keep) {
    Found f = {0, u64(ask.top_k), 0, 0, {}};
    if (level > 1) f = found[search * 4 + level - 2];
    f = narrow(f, histograms + (search * 4 + level - 1) * bins, level - 1, search ? ask.top_p : -1.0);
    if (keep && threadIdx.x == 0) found[search * 4 + level - 1] = f;
    return f;
}

__device__ __forceinline__ bool searched(const Ask &ask, int search) {
    return ask.factor != 0 && (search ? ask.top_p < 1 : ask.top_k > 0);
}

/** Histogram of digit `level` of search 0 (top-k, counts) or 1 (top-p, masses of what top-k left); `digits` in a key. */
template <class T>
__device__ __forceinline__ void level_of(Found *found, u64 *histograms, const Part *parts, const T *logits, const Ask *asks, int columns, int search, int level, int digits) {
    __shared__ uint32_t low[copies * bins_apart], high[copies * bins_apart]; // 20 bits of a mass each: 64-bit atomics are slow
    const int r = blockIdx.y;
    const Ask ask = asks[r];
    if (!searched(ask, search) || idle(columns)) return;
    found += r * 8, histograms += size_t(r) * 8 * bins, parts += r * slices;
    uint32_t least = 0, prefix = 0;
    if (search && searched(ask, 0)) {
        const Found f = level ? found[digits - 1] : advance(found, histograms, ask, 0, digits, blockIdx.x == 0);
        least = f.whole ? 0 : f.key;
    }
    if (level) {
        const Found f = advance(found, histograms, ask, search, level, blockIdx.x == 0);
        if (f.whole) return;
        prefix = f.key;
    }
#pragma unroll
    for (int c = 0; c < copies; c++) low[c * bins_apart + threadIdx.x] = high[c * bins_apart + threadIdx.x] = 0;
    __syncthreads();
    const float top = top_of(parts);
    const int shift = 24 - 8 * level;
    each_chunk(logits + size_t(r) * columns, columns, [&](int, int at, const float(&x)[8]) {
#pragma unroll
        for (int j = 0; j < 8; j++) {
            const uint32_t key = key_of<T>(x[j]);
            if (key < least || (level && (key ^ prefix) >> (shift + 8)) || at + j >= columns) continue;
            const u64 value = search ? mass_of(x[j], ask.factor, top) : 1;
            const int bin = threadIdx.x % copies * bins_apart + int(key >> shift & 255);
            if (value) atomicAdd(&low[bin], uint32_t(value) & 0xfffff);
            if (value >> 20) atomicAdd(&high[bin], uint32_t(value >> 20));
        }
    });
    __syncthreads();
    u64 sum = 0;
#pragma unroll
    for (int c = 0; c < copies; c++) sum += low[c * bins_apart + threadIdx.x] + (u64(high[c * bins_apart + threadIdx.x]) << 20);
    if (sum) atomicAdd(&histograms[(search * 4 + level) * bins + threadIdx.x], sum);
}

/** What is kept of a row: keys above `key`, `ties` of those equal to it, lower ids first, and no mass below `least`. */
struct Kept {
    uint32_t key;
    u64 ties, mass, least;                                        // mass: of a tie
};

template <class T>
__device__ __forceinline__ Kept kept_of(Found *found, const u64 *histograms, const Ask &ask, int digits, float top, float greatest, bool keep) {
    Kept k = {0, ~0ull, 0, 1};
    if (searched(ask, 0)) {
        const Found f = searched(ask, 1) ? found[digits - 1] : advance(found, histograms, ask, 0, digits, keep);
        if (!f.whole) k.key = f.key;
    }
    if (searched(ask, 1)) {
        const Found f = advance(found, histograms, ask, 1, digits, keep);
        if (!f.whole) {
            k.key = f.key;
            const u64 mass = mass_of(of_key<T>(f.key), ask.factor, top);
            k.ties = (f.limit - f.above + mass - 1) / (mass ? mass : 1);
        }
    }
    k.mass = k.key ? mass_of(of_key<T>(k.key), ask.factor, top) : 0;
    if (ask.min_p > 0) k.least = max(1ull, u64(ceil(double(ask.min_p) * double(mass_of(greatest, ask.factor, top)))));
    if (k.mass < k.least) k.ties = 0;
    return k;
}

__device__ __forceinline__ float greatest_of(const Part *parts) {
    float g = parts[0].greatest;
#pragma unroll
    for (int s = 1; s < slices; s++) g = fmaxf(g, parts[s].greatest);
    return g;
}

/** Sums [row, chunk] of the mass above the threshold, and ties [row, chunk]. */
template <class T>
__device__ __forceinline__ void sums_of(Kept *kept, u64 *sums, int *ties, Found *found, const u64 *histograms, const Part *parts, const T *logits, const Ask *asks, int columns, int digits) {
    const int r = blockIdx.y;
    const Ask ask = asks[r];
    if (ask.factor == 0 || idle(columns)) return;
    found += r * 8, histograms += size_t(r) * 8 * bins, parts += r * slices;
    sums += size_t(r) * chunks_of(columns), ties += size_t(r) * chunks_of(columns);
    const float top = top_of(parts);
    const Kept k = kept_of<T>(found, histograms, ask, digits, top, greatest_of(parts), blockIdx.x == 0);
    if (blockIdx.x == 0 && threadIdx.x == 0) kept[r] = k;
    each_chunk(logits + size_t(r) * columns, columns, [&](int c, int at, const float(&x)[8]) {
        u64 both = 0;                                             // mass in 52 bits, number of ties in 12
#pragma unroll
        for (int j = 0; j < 8; j++) {
            const uint32_t key = key_of<T>(x[j]);
            const u64 mass = key > k.key ? mass_of(x[j], ask.factor, top) : 0;
            both += mass >= k.least ? mass : 0;
            both += u64(key == k.key && at + j < columns) << 52;
        }
        both = warp_reduce(both, Sum());
        if (threadIdx.x % 32 == 0) sums[c] = both & ((1ull << 52) - 1), ties[c] = int(both >> 52);
    });
}

/** Takes from `left` what of `count` ties is still to be kept. */
__device__ __forceinline__ u64 allotted(u64 ties, u64 before, u64 count) { return before >= ties ? 0 : min(count, ties - before); }

/** One block of 256 threads a row. */
template <class T>
__device__ __forceinline__ void finish(int *ids, float *logprobs, const Kept *kept, const u64 *sums, const int *ties, const Part *parts, const T *logits, const Ask *asks, int columns) {
    __shared__ int chosen, last;
    __shared__ u64 before_chunk, ties_before;
    const int r = blockIdx.x, chunks = chunks_of(columns);
    const Ask ask = asks[r];
    const T *row = logits + size_t(r) * columns;
    parts += r * slices, sums += size_t(r) * chunks, ties += size_t(r) * chunks;
    Exponentials plain;
    Best best = {-INFINITY, 0x7fffffff};
    for (int s = 0; s < slices; s++) {
        Exponentials part;
        part.top = parts[s].top1, part.sum = parts[s].sum1;
        plain = Merge()(plain, part);
        best = First()(best, Best{parts[s].greatest, parts[s].index});
    }
    int id = best.index;
    if (ask.factor != 0) {
        const Kept k = kept[r];
        const float top = top_of(parts);
        u64 total = 0, all, tie_sum = 0;
        if (threadIdx.x == 0) chosen = -1, last = -1;
        for (int base = 0; base < chunks; base += threads) {      // how much is kept
            const int c = base + threadIdx.x;
            const u64 count = c < chunks ? ties[c] : 0, until = tie_sum + running_sum(count, all);
            tie_sum += all;
            running_sum(c < chunks ? sums[c] + allotted(k.ties, until - count, count) * k.mass : 0, all);
            total += all;
        }
        const u64 limit = u64(ask.u * double(total));
        u64 mass_sum = 0;
        tie_sum = 0;
        for (int base = 0; base < chunks; base += threads) {      // in which chunk the running sum exceeds the limit
            const int c = base + threadIdx.x;
            const u64 count = c < chunks ? ties[c] : 0, until = tie_sum + running_sum(count, all);
            tie_sum += all;
            const u64 mine = c < chunks ? sums[c] + allotted(k.ties, until - count, count) * k.mass : 0;
            const u64 sum = mass_sum + running_sum(mine, all);
            mass_sum += all;
            if (mine && sum > limit && sum - mine <= limit) chosen = c, before_chunk = sum - mine, ties_before = until - count;
        }
        __syncthreads();
        id = -1;
        if (chosen >= 0) {                                        // one thread a token
            const int i = chosen * chunk + threadIdx.x;
            const float x = i < columns ? float(row[i]) : -INFINITY;
            const uint32_t key = key_of<T>(x);
            const u64 equal = key == k.key && i < columns, mass = mass_of(x, ask.factor, top);
            const u64 before = ties_before + running_sum(equal, all) - equal;
            const bool in = key > k.key ? mass >= k.least : equal && before < k.ties;
            const u64 mine = in ? mass : 0, sum = before_chunk + running_sum(mine, all);
            if (mine && sum > limit && sum - mine <= limit) last = i;
            __syncthreads();
            id = last;
        }
    }
    if (threadIdx.x) return;
    const bool numbers = plain.sum > 0 && id >= 0 && id < columns; // NaN is not greater
    ids[r] = numbers ? id : -1;
    logprobs[r] = numbers ? (fmaf(float(row[id]), log2_e, -plain.top) - log2f(plain.sum)) * ln_2 : __uint_as_float(0x7fffffffu);
}

#define KERNELS(T, digits)                                                                                               \
    extern "C" __global__ void __launch_bounds__(256, 4)                                                                 \
    sample_begin_##T(Part *parts, u64 *histograms, const T *logits, const Ask *asks, int columns) {                      \
        begin(parts, histograms, 8, logits, asks, columns);                                                              \
    }                                                                                                                    \
    EXPORT_KERNEL(sample_begin_##T)                                                                                      \
    extern "C" __global__ void __launch_bounds__(256, 4)                                                                 \
    sample_level_##T(Found *found, u64 *histograms, const Part *parts, const T *logits, const Ask *asks, int columns,    \
                     int search, int level) {                                                                            \
        level_of(found, histograms, parts, logits, asks, columns, search, level, digits);                                \
    }                                                                                                                    \
    EXPORT_KERNEL(sample_level_##T)                                                                                      \
    extern "C" __global__ void __launch_bounds__(256, 4)                                                                 \
    sample_sums_##T(Kept *kept, u64 *sums, int *ties, Found *found, const u64 *histograms, const Part *parts,            \
                    const T *logits, const Ask *asks, int columns) {                                                     \
        sums_of(kept, sums, ties, found, histograms, parts, logits, asks, columns, digits);                              \
    }                                                                                                                    \
    EXPORT_KERNEL(sample_sums_##T)                                                                                       \
    extern "C" __global__ void __launch_bounds__(256, 4)                                                                 \
    sample_finish_##T(int *ids, float *logprobs, const Kept *kept, const u64 *sums, const int *ties, const Part *parts,  \
                      const T *logits, const Ask *asks, int columns) {                                                   \
        finish(ids, logprobs, kept, sums, ties, parts, logits, asks, columns);                                           \
    }                                                                                                                    \
    EXPORT_KERNEL(sample_finish_##T)
KERNELS(bf16, 2)
KERNELS(f32, 4)
