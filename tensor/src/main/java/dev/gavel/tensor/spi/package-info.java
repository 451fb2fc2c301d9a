@NullMarked
package dev.gavel.tensor.spi;

import org.jspecify.annotations.NullMarked;
