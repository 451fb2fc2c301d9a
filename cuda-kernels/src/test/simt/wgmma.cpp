// wgmma m64nNk16 with bf16: the four warps of a group do 16 rows each. A product may be done at any time between its
// issue and its wait: in natural order at the wait, in random order a coin decides.
#include "emulator.h"

namespace simt {

struct Product {
    float *d[32];
    uint32_t a[32][4];
    uint64_t a_descriptor, b_descriptor;
    int n, group;
    bool from_registers, b_transposed, accumulate, done;
};
static struct { std::vector<Product> pending; int group; } products[max_threads / 32];   // of each warp

void reset_products() {
    for (auto &p : products) p = {};
}

void expect_nothing_in_flight() {
    if (!products[current->id / 32].pending.empty()) fail("warp ends with matrix products not waited for");
    if (!current->copies.empty()) fail("thread ends with %zu asynchronous copies not waited for", current->copies.size());
}

uint32_t shared_offset(const void *p) {
    const size_t offset = static_cast<const char *>(p) - state.dynamic_shared.start;
    if (offset >= state.dynamic_shared.bytes) fail("an operand of wgmma must lie in dynamic shared memory");
    return uint32_t(offset);
}

/** An element of an operand in shared memory, 128-byte swizzle; `outer`: row of A or column of B. */
static float operand(uint64_t descriptor, bool transposed, int outer, int k) {
    auto field = [=](int bit) { return uint32_t(descriptor >> bit & 0x3fff) << 4; };
    if (descriptor >> 62 != 1) fail("wgmma: only the 128-byte swizzle is emulated");
    const uint32_t start = field(0), leading = field(16), stride = field(32);
    uint32_t at = start + (transposed ? outer / 64 * leading + outer % 64 * 2 + k / 8 * stride + k % 8 * 128
                                      : outer / 8 * stride + outer % 8 * 128 + k * 2);
    at ^= (at >> 7 & 7) << 4;
    if (at + 2 > state.dynamic_shared.bytes) fail("wgmma reads beyond shared memory");
    const char *p = state.dynamic_shared.start + at;
    if ((transposed ? outer : k) % 8 == 0) {                      // 16 bytes stay together
        touch(p, 16, Access::read);
        check_fenced(p);
    }
    uint16_t bits;
    __builtin_memcpy(&bits, p, 2);
    return std::bit_cast<float>(uint32_t(bits) << 16);
}

static void perform(Product &p) {
    if (std::exchange(p.done, true)) return;
    const int warp = current->id / 32 % 4;
    float A[16][16], B[16];
    for (int r = 0; r < 16; r++)
        for (int k = 0; k < 16; k++) {
            const uint32_t pair = p.a[r % 8 * 4 + k % 8 / 2][r / 8 + k / 8 * 2];
            A[r][k] = p.from_registers ? std::bit_cast<float>(k % 2 ? pair & 0xffff0000 : pair << 16)
                                       : operand(p.a_descriptor, false, warp * 16 + r, k);
        }
    for (int c = 0; c < p.n; c++) {
        for (int k = 0; k < 16; k++) B[k] = operand(p.b_descriptor, p.b_transposed, c, k);
        for (int r = 0; r < 16; r++) {
            float &d = p.d[r % 8 * 4 + c % 8 / 2][c / 8 * 4 + r / 8 * 2 + c % 2];
            if (!p.accumulate) d = 0;
            for (int k = 0; k < 16; k++) d += A[r][k] * B[k];
        }
    }
}

void wgmma(float *d, int n, const uint32_t *a, uint64_t a_descriptor, uint64_t b_descriptor, bool b_transposed, bool accumulate) {
    struct Args { float *d; const uint32_t *a; } args = {d, a};
    together(Wait::wgmma, ~0u, args, [=](Args **lanes) {
        need_whole_warp(lanes);
        auto &mine = products[current->id / 32];
        Product p = {{}, {}, a_descriptor, b_descriptor, n, mine.group, a != nullptr, b_transposed, accumulate, false};
        for (int l = 0; l < 32; l++) {
            p.d[l] = lanes[l]->d;
            if (a) __builtin_memcpy(p.a[l], lanes[l]->a, sizeof p.a[l]);
        }
        if ((mine.pending.empty() || mine.pending.back().done) && coin()) perform(p);   // they are done in order
        mine.pending.push_back(p);
    });
}

void fence_proxy_async() { state.proxy_fence[current->id] = state.tick; }

void wgmma_commit() {
    int nothing = 0;
    together(Wait::wgmma, ~0u, nothing, [](int **) { products[current->id / 32].group++; });
}

void wgmma_wait(int groups_left) {
    int nothing = 0;
    together(Wait::wgmma, ~0u, nothing, [=](int **) {
        auto &mine = products[current->id / 32];
        size_t n = 0;
        while (n < mine.pending.size() && mine.pending[n].group < mine.group - groups_left) perform(mine.pending[n++]);
        mine.pending.erase(mine.pending.begin(), mine.pending.begin() + n);
    });
}

}  // namespace simt
