/// Speed: JMH benches, the worker that takes turns with other systems, and the report of both.
@NullMarked
package dev.gavel.bench;

import org.jspecify.annotations.NullMarked;
