package dev.gavel.cli;

import dev.gavel.train.config.OptSpec;
import dev.gavel.train.config.Schema;
import dev.gavel.train.loss.LossType;
import dev.gavel.train.loss.LossTypes;
import java.util.List;
import java.util.Map;

/// The reference page of all commands, `cli/docs/commands.md`, made from the declarations.
final class CommandsPage {
  private CommandsPage() {}

  static String of(List<Command<?>> commands) {
    StringBuilder page = new StringBuilder();
    page.append("# Commands\n\n");
    page.append("Made from the options records; to make it again:\n");
    page.append("`mvn -pl cli -am test -Dtest=CommandsPageTest -Dgavel.regenerate=true");
    page.append(" -Dsurefire.failIfNoSpecifiedTests=false`.\n\n");
    page.append(
        "Options are given as `--key value` or `--key=value`, lists with commas (`\\,` is a");
    page.append(
        " comma inside an element). `--config FILE.json` holds the same keys, `//` comments");
    page.append(" allowed; a flag beats the file, the file beats the default.");
    page.append(" `--print_config true` shows what results and where each value comes from.");
    page.append(
        " Where an option is `used with` another one, giving it elsewhere is an error; only in a"
            + " file may it stand with its default, as in the configs that runs write.\n");
    for (Command.Group group : Command.Group.values()) {
      commands.stream().filter(c -> c.group() == group).forEach(c -> command(page, c));
    }
    return page.toString();
  }

  private static void command(StringBuilder page, Command<?> command) {
    Schema<?> schema = command.schema();
    page.append("\n## gavel ").append(command.name()).append("\n\n");
    page.append(sentence(command.summary())).append("\n\n```\n");
    command.examples().forEach(e -> page.append(e).append("\n"));
    page.append("```\n");
    for (Map.Entry<String, List<OptSpec>> group : Help.grouped(schema).entrySet()) {
      page.append("\n| ")
          .append(group.getKey())
          .append(" | value | default | |\n|---|---|---|---|\n");
      group.getValue().forEach(option -> row(page, option));
    }
    if (schema.find("loss_type").isPresent()) {
      losses(page);
    }
  }

  private static void losses(StringBuilder page) {
    page.append(
        "\nWhat `loss_type` names; c and r are beta times the log-ratios of policy and reference on"
            + " the chosen and the rejected completion, x' is x divided by the completion's tokens,"
            + " e is `label_smoothing`, s the logistic function.\n");
    page.append("\n| loss_type | loss of a pair | from | own values |\n|---|---|---|---|\n");
    for (LossType loss : LossTypes.all()) {
      String own =
          String.join(
              ", ",
              loss.options().stream()
                  .filter(o -> o.key().startsWith("loss."))
                  .map(o -> "`" + o.key() + "` (" + o.def().orElse("required") + ")")
                  .toList());
      page.append(
          "| `%s` | %s | %s | %s |\n"
              .formatted(loss.name(), escaped(loss.formula()), escaped(loss.source()), own));
    }
  }

  private static void row(StringBuilder page, OptSpec option) {
    String def = option.required() ? "required" : option.def().map(d -> "`" + d + "`").orElse("");
    String name = option.positional() ? "(words)" : "`" + option.key() + "`";
    String value = "`" + option.placeholder() + "`";
    page.append(
        "| %s | %s | %s | %s |\n"
            .formatted(name, escaped(value), escaped(def), escaped(sentence(notes(option)))));
  }

  private static String notes(OptSpec option) {
    StringBuilder text = new StringBuilder(option.help());
    if (!option.limits().isEmpty()) {
      text.append("; ").append(option.limits());
    }
    if (!option.usedWith().isEmpty()) {
      text.append("; ").append(option.usedWith());
    }
    if (!option.aliases().isEmpty()) {
      text.append("; also `").append(String.join("`, `", option.aliases())).append("`");
    }
    return text.toString();
  }

  private static String sentence(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
  }

  private static String escaped(String cell) {
    return cell.replace("|", "\\|").replace("\n", "\\n");
  }
}
