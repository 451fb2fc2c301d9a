package dev.gavel.cli;

import dev.gavel.train.config.Call;
import dev.gavel.train.config.OptSpec;
import dev.gavel.train.config.Schema;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/// The words after a command's name, taken apart: Commons CLI over what [Joiner] prepared.
///
/// @param call flags and words, known or not
/// @param printConfig show the resolved options and stop
/// @param problems what is wrong already
record Arguments(Call call, boolean printConfig, List<String> problems) {
  private static final String CONFIG = "config";
  private static final String PRINT_CONFIG = "print_config";

  static Arguments parse(Schema<?> schema, List<String> words) {
    Joiner joined = Joiner.join(schema, words);
    CommandLine line = commonsCli(schema, joined.flags());
    List<Call.Flag> flags = new ArrayList<>();
    Map<OptSpec, List<String>> lists = new LinkedHashMap<>();
    for (Option option : line.getOptions()) {
      List<String> values = values(option);
      OptSpec spec = schema.find(option.getLongOpt()).orElse(null);
      if (spec != null && spec.isList() && lists.containsKey(spec)) {
        lists.get(spec).addAll(values); // a list grows with each time its flag is given
        continue;
      }
      if (spec != null && spec.isList()) {
        lists.put(spec, values);
      }
      flags.add(new Call.Flag(option.getLongOpt(), values));
    }
    for (String unknown : line.getArgList()) {
      flags.add(new Call.Flag(unknown.substring(2).replaceFirst("=.*", ""), List.of()));
    }
    List<String> problems = new ArrayList<>();
    Optional<Path> config =
        takesConfig(schema) ? take(flags, CONFIG, problems).map(Path::of) : Optional.empty();
    boolean printConfig =
        take(flags, PRINT_CONFIG, problems).filter(v -> isTrue(v, problems)).isPresent();
    return new Arguments(new Call(flags, joined.words(), config), printConfig, problems);
  }

  /// Whether `--config` is the file of options that every command takes, and no option of its own.
  static boolean takesConfig(Schema<?> schema) {
    return schema.find(CONFIG).isEmpty();
  }

  private static CommandLine commonsCli(Schema<?> schema, List<String> flags) {
    Options options = new Options();
    List<String> names = new ArrayList<>(schema.names());
    if (takesConfig(schema)) {
      names.add(CONFIG);
    }
    names.add(PRINT_CONFIG);
    for (String flag : flags) { // names that an option with a prefix takes: --loss.gamma
      String name = flag.replaceFirst("^--", "").replaceFirst("(?s)=.*", "");
      if (flag.startsWith("--") && !names.contains(name) && schema.find(name).isPresent()) {
        names.add(name);
      }
    }
    for (String name : names) {
      options.addOption(Option.builder().longOpt(name).numberOfArgs(1).optionalArg(true).get());
    }
    DefaultParser parser =
        DefaultParser.builder()
            .setAllowPartialMatching(false)
            .setStripLeadingAndTrailingQuotes(false)
            .get();
    try {
      return parser.parse(
          options,
          new Properties(),
          DefaultParser.NonOptionAction.SKIP,
          flags.toArray(String[]::new));
    } catch (ParseException e) {
      throw new IllegalStateException("the command line cannot be parsed: " + flags, e);
    }
  }

  private static List<String> values(Option option) {
    List<String> values = new ArrayList<>();
    for (String value : option.getValuesList()) {
      values.add(value.substring(Joiner.VALUE.length()));
    }
    return values;
  }

  /// Removes a flag of every command from the others.
  private static Optional<String> take(List<Call.Flag> flags, String name, List<String> problems) {
    List<Call.Flag> found = flags.stream().filter(f -> f.name().equals(name)).toList();
    flags.removeAll(found);
    if (found.size() > 1) {
      problems.add("--" + name + " is given twice");
    } else if (found.size() == 1 && found.getFirst().values().isEmpty()) {
      problems.add("--" + name + " needs a value: FILE.json");
    }
    return found.stream().flatMap(f -> f.values().stream()).findFirst();
  }

  private static boolean isTrue(String value, List<String> problems) {
    if (!value.equals("true") && !value.equals("false")) {
      problems.add("--print_config " + value + ": expected true or false");
    }
    return value.equals("true");
  }
}
