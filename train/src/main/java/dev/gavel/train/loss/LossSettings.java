package dev.gavel.train.loss;

import dev.gavel.train.config.Opt;

/// The options that losses share: a component of this name takes its value from here.
record LossSettings(
    @Opt(value = "scale of the margins", range = "(0, inf)") double beta,
    @Opt(value = "share of wrong labels", range = "[0, 1)") double labelSmoothing) {}
