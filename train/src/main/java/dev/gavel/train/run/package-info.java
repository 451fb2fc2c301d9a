@NullMarked
package dev.gavel.train.run;

import org.jspecify.annotations.NullMarked;
