package dev.gavel.cli;

import dev.gavel.train.config.Call;
import dev.gavel.train.config.OptSpec;
import dev.gavel.train.config.Schema;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
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
    Set<String> names = names(schema, joined.flags());
    List<String> known = joined.flags().stream().filter(f -> names.contains(name(f))).toList();
    CommandLine line = commonsCli(names, known);
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
    // Commons CLI would take an unknown flag for the value of one before it that has none
    joined.flags().stream()
        .map(Arguments::name)
        .filter(name -> !names.contains(name))
        .forEach(name -> flags.add(new Call.Flag(name, List.of())));
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

  /// The flag's name, of what [Joiner] made of it.
  private static String name(String flag) {
    return flag.substring(2).replaceFirst("(?s)=.*", "");
  }

  /// What a flag may be called, and of those that an option with a prefix takes (`loss.gamma`) what
  /// this call has.
  private static Set<String> names(Schema<?> schema, List<String> flags) {
    Set<String> names = new LinkedHashSet<>(schema.names());
    if (takesConfig(schema)) {
      names.add(CONFIG);
    }
    names.add(PRINT_CONFIG);
    flags.stream()
        .map(Arguments::name)
        .filter(name -> schema.find(name).isPresent())
        .forEach(names::add);
    return names;
  }

  private static CommandLine commonsCli(Set<String> names, List<String> flags) {
    Options options = new Options();
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
