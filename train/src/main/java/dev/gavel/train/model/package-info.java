@NullMarked
package dev.gavel.train.model;

import org.jspecify.annotations.NullMarked;
