/// Both sides of the protocol of `bench/peers`: lines of JSON.
@NullMarked
package dev.gavel.bench.peer;

import org.jspecify.annotations.NullMarked;
