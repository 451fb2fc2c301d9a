@NullMarked
package dev.gavel.llama.generate;

import org.jspecify.annotations.NullMarked;
