/// Files of Hugging Face models: configuration, weights, folders.
@NullMarked
package dev.gavel.llama.hub;

import org.jspecify.annotations.NullMarked;
