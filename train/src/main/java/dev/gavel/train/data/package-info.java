/// Rows: where they are read from, what is wrong with them, where results go.
@NullMarked
package dev.gavel.train.data;

import org.jspecify.annotations.NullMarked;
