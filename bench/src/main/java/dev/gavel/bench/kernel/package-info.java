/// Benches of what a backend provides, below the ops.
@NullMarked
package dev.gavel.bench.kernel;

import org.jspecify.annotations.NullMarked;
