/// Measures on an NVIDIA device: its own limits, and how near kernels and models come to them.
@NullMarked
package dev.gavel.bench.gpu;

import org.jspecify.annotations.NullMarked;
