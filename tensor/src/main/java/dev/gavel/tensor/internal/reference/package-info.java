@NullMarked
package dev.gavel.tensor.internal.reference;

import org.jspecify.annotations.NullMarked;
