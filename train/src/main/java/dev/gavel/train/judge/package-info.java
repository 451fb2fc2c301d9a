@NullMarked
package dev.gavel.train.judge;

import org.jspecify.annotations.NullMarked;
