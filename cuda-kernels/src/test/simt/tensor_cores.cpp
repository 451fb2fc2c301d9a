// ldmatrix and mma.sync: how values lie in the registers of a warp is that of the PTX manual's figures.
#include "emulator.h"

namespace simt {

/** 8 rows of 16 bytes go through in one pass if they hit 8 different groups of 4 banks. */
template <class A> static unsigned bank_groups(A **rows) {
    unsigned groups = 0;
    for (int r = 0; r < 8; r++) groups |= 1u << (uintptr_t(rows[r]->row) / 16 % 8);
    return unsigned(std::popcount(groups));
}

void ldmatrix(uint32_t *out, int matrices, bool transpose, const void *row) {
    struct Args { uint32_t *out; const char *row; } args = {out, static_cast<const char *>(row)};
    if (lane() < 8 * matrices) {
        check_aligned(row, 16);
        touch(row, 16, Access::read);
    }
    together(Wait::ldmatrix, ~0u, args, [=](Args **lanes) {
        need_whole_warp(lanes);
        for (int m = 0; m < matrices; m++) {
            Args **rows = lanes + 8 * m;
            state.bank_conflicts += 8 - bank_groups(rows);
            for (int l = 0; l < 32; l++) {
                uint16_t pair[2];
                for (int e = 0; e < 2; e++) {
                    int r = l / 4, c = l % 4 * 2 + e;
                    if (transpose) std::swap(r, c);
                    __builtin_memcpy(&pair[e], rows[r]->row + 2 * c, 2);
                }
                lanes[l]->out[m] = pair[0] | uint32_t(pair[1]) << 16;
            }
        }
    });
}

static float value(Mma type, uint32_t pair, int half) {
    const uint16_t bits = uint16_t(pair >> 16 * half);
    return type == Mma::bf16 ? std::bit_cast<float>(uint32_t(bits) << 16) : float(std::bit_cast<_Float16>(bits));
}

void mma_m16n8k16(Mma type, float *d, const uint32_t *a, const uint32_t *b) {
    struct Args { float *d; const uint32_t *a, *b; } args = {d, a, b};
    together(Wait::mma, ~0u, args, [=](Args **lanes) {
        need_whole_warp(lanes);
        float A[16][16], B[16][8], D[16][8];
        for (int l = 0; l < 32; l++) {
            const int g = l / 4, t = l % 4 * 2;
            for (int i = 0; i < 8; i++) A[g + (i / 2 & 1) * 8][t + i / 4 * 8 + i % 2] = value(type, lanes[l]->a[i / 2], i % 2);
            for (int i = 0; i < 4; i++) B[t + i / 2 * 8 + i % 2][g] = value(type, lanes[l]->b[i / 2], i % 2);
            for (int i = 0; i < 4; i++) D[g + i / 2 * 8][t + i % 2] = lanes[l]->d[i];
        }
        for (int m = 0; m < 16; m++)
            for (int k = 0; k < 16; k++)
                for (int n = 0; n < 8; n++) D[m][n] += A[m][k] * B[k][n];
        for (int l = 0; l < 32; l++)
            for (int i = 0; i < 4; i++) lanes[l]->d[i] = D[l / 4 + i / 2 * 8][l % 4 * 2 + i % 2];
    });
}

}  // namespace simt
