/// One launcher for each `.cu`: it picks the version, the grid and the shared memory, and checks
/// its arguments. `dev.gavel.cuda.driver` says how to add one.
@NullMarked
package dev.gavel.cuda.kernels;

import org.jspecify.annotations.NullMarked;
