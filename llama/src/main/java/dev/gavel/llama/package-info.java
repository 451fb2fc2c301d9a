@NullMarked
package dev.gavel.llama;

import org.jspecify.annotations.NullMarked;
