/// What can be said about files of rows before anything is learned from them.
@NullMarked
package dev.gavel.train.inspect;

import org.jspecify.annotations.NullMarked;
