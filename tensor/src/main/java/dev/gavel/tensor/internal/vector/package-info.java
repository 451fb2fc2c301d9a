/// The CPU backend on `jdk.incubator.vector`: the only package that imports it.
@NullMarked
package dev.gavel.tensor.internal.vector;

import org.jspecify.annotations.NullMarked;
