/// The paper in miniature: a little world of questions, answers, people's preferences and judges,
/// generated from a seed, and the tiny model that grows up in it.
///
/// Every text is a list of words, and every word is one token of [dev.gavel.train.demo.Vocabulary]:
/// a word carries its leading space, and one that opens a turn has none.
@NullMarked
package dev.gavel.train.demo;

import org.jspecify.annotations.NullMarked;
