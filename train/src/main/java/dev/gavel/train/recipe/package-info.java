/// One class per way to train, with its loop in plain sight.
@NullMarked
package dev.gavel.train.recipe;

import org.jspecify.annotations.NullMarked;
