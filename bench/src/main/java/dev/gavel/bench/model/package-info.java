/// Benches of whole models: training, prompts, decoding.
@NullMarked
package dev.gavel.bench.model;

import org.jspecify.annotations.NullMarked;
