@NullMarked
package dev.gavel.tensor.optim;

import org.jspecify.annotations.NullMarked;
