/// Checks of a whole model on a device against the reference backend, for tests and for `gavel
/// doctor`.
@NullMarked
package dev.gavel.llama.check;

import org.jspecify.annotations.NullMarked;
