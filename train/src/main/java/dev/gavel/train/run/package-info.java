/// Run folders: checkpoints, metrics, events, locks.
@NullMarked
package dev.gavel.train.run;

import org.jspecify.annotations.NullMarked;
