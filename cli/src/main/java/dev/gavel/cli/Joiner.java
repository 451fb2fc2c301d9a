package dev.gavel.cli;

import dev.gavel.train.config.OptSpec;
import dev.gavel.train.config.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Puts each flag and its value into one word.
///
/// Commons CLI by itself takes an unknown flag for the value of the flag before it, a value that
/// begins with a dash for a flag, `-seed` for `--seed`, and drops an empty value. Here a flag is
/// two dashes and a letter, and what follows it is its value unless it is a flag.
///
/// @param flags `--name==value` (see [#VALUE]), `--name` where there is no value or nobody knows
///   the flag
/// @param words what belongs to no flag
record Joiner(List<String> flags, List<String> words) {
  /// Stands in front of every value, so that Commons CLI sees no empty one.
  static final String VALUE = "=";

  private static final Pattern FLAG = Pattern.compile("--[A-Za-z][^=]*");

  static Joiner join(Schema<?> schema, List<String> arguments) {
    Joiner joiner = new Joiner(new ArrayList<>(), new ArrayList<>());
    int i = 0;
    while (i < arguments.size()) {
      String word = arguments.get(i++);
      if (word.equals("--")) {
        joiner.words.addAll(arguments.subList(i, arguments.size()));
        break;
      }
      String flag = word.replaceFirst("=.*", "");
      if (!FLAG.matcher(flag).matches()) {
        joiner.words.add(word);
      } else if (word.length() > flag.length()) {
        joiner.add(flag, word.substring(flag.length() + 1));
      } else {
        i += joiner.addWithFollowing(schema, flag, arguments.subList(i, arguments.size()));
      }
    }
    return joiner;
  }

  private void add(String flag, String value) {
    flags.add(flag + "=" + VALUE + value);
  }

  /// @return how many of the words that follow are the flag's
  private int addWithFollowing(Schema<?> schema, String flag, List<String> following) {
    OptSpec spec = schema.find(flag.substring(2)).orElse(null);
    int values = 0;
    int most = most(schema, spec);
    while (values < Math.min(most, following.size()) && !isFlag(following.get(values))) {
      values++;
    }
    boolean isSwitch = spec != null ? spec.isSwitch() : flag.equals("--print_config");
    if (isSwitch && values == 1 && schema.positional().isPresent()) {
      values = following.getFirst().matches("true|false") ? 1 : 0;
    }
    following.subList(0, values).forEach(value -> add(flag, value));
    if (isSwitch && values == 0) {
      add(flag, "true");
    } else if (values == 0) {
      flags.add(flag);
    }
    return values;
  }

  private static int most(Schema<?> schema, @Nullable OptSpec spec) {
    boolean takesAll = spec != null && spec.isList() && schema.positional().isEmpty();
    return takesAll ? Integer.MAX_VALUE : 1;
  }

  private static boolean isFlag(String word) {
    return word.equals("--") || FLAG.matcher(word.replaceFirst("=.*", "")).matches();
  }
}
