/// Writes `bench/PERFORMANCE.md`.
@NullMarked
package dev.gavel.bench.report;

import org.jspecify.annotations.NullMarked;
