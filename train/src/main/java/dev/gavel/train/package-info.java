@NullMarked
package dev.gavel.train;

import org.jspecify.annotations.NullMarked;
