// What the lanes of a warp do together: each leaves its arguments and waits, the last does the work for all. So shuffles,
// votes and (tensor_cores.cpp, wgmma.cpp) matrix instructions have their true meaning in any kernel.
#include "emulator.h"

namespace simt {

void collective(Wait op, unsigned mask, void *argument, Work work, void *context) {
    Thread *me = current, *warp = me - lane();
    if (!(mask >> lane() & 1)) fail("lane %d is not in its own mask %08x", lane(), mask);
    me->waiting = op;
    me->mask = mask;
    me->argument = argument;
    auto member = [&](int l) { return mask >> l & 1 && warp + l <= &threads.back() && warp[l].waiting != Wait::exited; };
    for (;;) {
        void *lanes[32] = {};
        bool complete = true;
        for (int i = 0; i < 32 && complete; i++) {
            const int l = (me->id + 1 + i) % 32;                // in the usual order the next lane is the one still missing
            if (!member(l)) continue;
            complete = warp[l].waiting == op && warp[l].mask == mask;
            lanes[l] = warp[l].argument;
        }
        if (complete) {
            work(lanes, context);
            for (int l = 31; l >= 0; l--)
                if (member(l)) {
                    warp[l].waiting = Wait::none;
                    if (warp + l != me) wake(warp + l);
                }
            return;
        }
        block();
        if (me->waiting == Wait::none) return;                  // another lane completed it
    }
}

void sync_warp(unsigned mask) {
    int nothing = 0;
    together(Wait::sync_warp, mask, nothing, [](int **) { state.warp_sync[current->id / 32] = ++state.tick; });
}

uint32_t shuffle(unsigned mask, uint32_t value, int source, int width) {
    struct Args { uint32_t in, out; int from; } args;
    const bool inside = source >= 0 && source < width;
    args = {value, value, inside ? (lane() & ~(width - 1)) + source : lane()};
    together(Wait::shuffle, mask, args, [](Args **lanes) {
        for (int l = 0; l < 32; l++)
            if (lanes[l]) {
                const Args *from = lanes[lanes[l]->from];
                if (!from) fail("shuffle: lane %d reads lane %d, which takes no part", l, lanes[l]->from);
                lanes[l]->out = from->in;
            }
    });
    return args.out;
}

unsigned ballot(unsigned mask, bool vote) {
    struct Args { bool vote; unsigned result; } args = {vote, 0};
    together(Wait::ballot, mask, args, [](Args **lanes) {
        unsigned votes = 0;
        for (int l = 0; l < 32; l++) votes |= unsigned(lanes[l] && lanes[l]->vote) << l;
        for (int l = 0; l < 32; l++) if (lanes[l]) lanes[l]->result = votes;
    });
    return args.result;
}

}  // namespace simt
