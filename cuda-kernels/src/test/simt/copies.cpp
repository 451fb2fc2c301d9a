// cp.async. A copy may land at any time between its issue and its wait. In natural order it lands at the wait (a missing
// wait then reads stale data); in random order a coin decides between that and the issue (which shows a buffer that is
// refilled too early).
#include "emulator.h"

namespace simt {

static void perform(const Copy &c) {
    __builtin_memcpy(c.to, c.from, c.valid);
    __builtin_memset(static_cast<char *>(c.to) + c.valid, 0, c.bytes - c.valid);
}

void copy_async(void *shared, const void *global, int bytes, int valid) {
    check_aligned(shared, bytes);
    check_aligned(global, bytes);
    if (valid) touch(global, valid, Access::read);
    touch(shared, bytes, Access::write);
    const Copy c{shared, global, bytes, valid, current->group};
    if (coin()) perform(c);
    current->copies.push_back(c);
}

void copy_commit() { current->group++; }

void copy_wait(int groups_left) {
    auto &copies = current->copies;
    size_t n = 0;
    while (n < copies.size() && copies[n].group < current->group - groups_left) {
        perform(copies[n]);
        touch(copies[n].to, copies[n].bytes, Access::write);
        n++;
    }
    copies.erase(copies.begin(), copies.begin() + n);
}

}  // namespace simt
