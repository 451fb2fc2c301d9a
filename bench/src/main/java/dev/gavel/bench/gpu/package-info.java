/// What a CUDA device makes of the kernels and of whole models, by its own clock, beside its
/// limits.
@NullMarked
package dev.gavel.bench.gpu;

import org.jspecify.annotations.NullMarked;
