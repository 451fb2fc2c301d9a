@NullMarked
package dev.gavel.tensor.io;

import org.jspecify.annotations.NullMarked;
