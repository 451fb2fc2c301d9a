/// Benches of the op catalog.
@NullMarked
package dev.gavel.bench.op;

import org.jspecify.annotations.NullMarked;
