/// Options: declared once as record components with [Opt], bound from flags and a file.
@NullMarked
package dev.gavel.train.config;

import org.jspecify.annotations.NullMarked;
