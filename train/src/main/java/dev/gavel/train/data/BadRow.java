package dev.gavel.train.data;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A row that could not be used.
///
/// @param id its own id, where it has one that could be read
public record BadRow(int number, Place place, @Nullable JsonNode id, String error)
    implements Item {}
