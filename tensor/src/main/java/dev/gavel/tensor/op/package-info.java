@NullMarked
package dev.gavel.tensor.op;

import org.jspecify.annotations.NullMarked;
