package dev.gavel.train.data;

import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Where a line command reads its rows and writes its results.
@OptGroup("Rows")
public record LineOptions(
    @Opt(
            value =
                "rows to read: JSON lines, or a JSON array; .gz too; standard input when absent",
            meta = "FILE")
        List<Path> dataset,
    @Opt(value = "where results go instead of standard output; whole or not at all", meta = "FILE")
        Optional<Path> outputFile) {}
