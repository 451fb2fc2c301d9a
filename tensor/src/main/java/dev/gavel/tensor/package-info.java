@NullMarked
package dev.gavel.tensor;

import org.jspecify.annotations.NullMarked;
