/// Pages that people read: one HTML file, nothing to fetch, no scripts.
@NullMarked
package dev.gavel.train.report;

import org.jspecify.annotations.NullMarked;
