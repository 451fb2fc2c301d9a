/// Losses: one value from log-probabilities, never from a model.
@NullMarked
package dev.gavel.train.loss;

import org.jspecify.annotations.NullMarked;
