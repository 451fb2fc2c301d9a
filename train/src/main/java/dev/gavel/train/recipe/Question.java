package dev.gavel.train.recipe;

import dev.gavel.train.judge.Verdict;

/// A pair as one prompt for a judge.
///
/// @param ids the prompt, the assistant's header included
/// @param right the verdict that prefers the labelled response
record Question(int[] ids, Verdict right) {}
