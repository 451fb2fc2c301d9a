@NullMarked
package dev.gavel.tensor.internal.host;

import org.jspecify.annotations.NullMarked;
