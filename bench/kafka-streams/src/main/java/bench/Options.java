package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** `--name value` pairs of the command line. */
record Options(Map<String, String> values) {
  static Options parse(String[] arguments, int from) {
    Map<String, String> values = new HashMap<>();
    for (int i = from; i + 1 < arguments.length; i += 2) values.put(arguments[i].replaceFirst("^--", ""), arguments[i + 1]);
    return new Options(values);
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  String text(String name, String otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  int number(String name, int otherwise) {
    return has(name) ? Integer.parseInt(values.get(name)) : otherwise;
  }

  String bootstrap() {
    return text("bootstrap", "127.0.0.1:19092");
  }

  long brokerPid() {
    return number("broker-pid", 0);
  }

  /** Where the application's output and state go. */
  Path work() throws IOException {
    return Files.createDirectories(Path.of(text("work", System.getProperty("java.io.tmpdir") + "/millrace-bench")));
  }
}
