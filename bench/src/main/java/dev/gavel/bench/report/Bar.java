package dev.gavel.bench.report;

/// Something that is promised, and what was found.
///
/// @param asked the bar in words
/// @param met whether what was found meets it
record Bar(String what, String found, String asked, boolean met) {}
