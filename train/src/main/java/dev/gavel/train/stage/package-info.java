/// Commands as parts of a larger work: what is shown is what is run, and what is done is not done
/// again.
@NullMarked
package dev.gavel.train.stage;

import org.jspecify.annotations.NullMarked;
