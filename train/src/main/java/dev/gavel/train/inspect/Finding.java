package dev.gavel.train.inspect;

/// Something to say about a data set.
///
/// @param name what it is about: `duplicates`
/// @param value for people
public record Finding(String name, String value) {}
