/// The STaR loop: chains that a judge samples itself, kept where they are right, teach the next
/// one.
@NullMarked
package dev.gavel.train.star;

import org.jspecify.annotations.NullMarked;
