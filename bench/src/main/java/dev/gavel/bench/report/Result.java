package dev.gavel.bench.report;

import java.util.List;

/// A section of the report.
///
/// @param text Markdown below its title
record Result(List<Bar> bars, String text) {}
