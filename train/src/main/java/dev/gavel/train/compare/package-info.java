/// Runs beside each other: folders of any command, read back and shown on one page.
@NullMarked
package dev.gavel.train.compare;

import org.jspecify.annotations.NullMarked;
