package dev.gavel.cli;

import java.util.List;

/// The commands of `gavel`, in the order of its help.
final class Commands {
  static final List<Command<?>> ALL =
      List.of(
          DemoCommand.COMMAND,
          Tokenize.COMMAND,
          Logprobs.COMMAND,
          Generate.COMMAND,
          Score.COMMAND,
          Inspect.COMMAND,
          Init.COMMAND,
          Merge.COMMAND,
          Doctor.COMMAND,
          DataInspect.COMMAND,
          DataSplitCommand.COMMAND,
          Report.COMMAND,
          TrainCommands.SFT,
          TrainCommands.REWARD,
          TrainCommands.PAIRRM,
          TrainCommands.DPO,
          TrainCommands.GENRM,
          Star.COMMAND,
          Judge.COMMAND,
          Judge.MERGE,
          Judge.COMPARE,
          Eval.REWARDBENCH,
          Eval.REWARDBENCH2);

  private Commands() {}
}
