/// Benches of text and files.
@NullMarked
package dev.gavel.bench.io;

import org.jspecify.annotations.NullMarked;
