@NullMarked
package dev.gavel.train.eval;

import org.jspecify.annotations.NullMarked;
