package bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The application under test: a process (with what it starts itself), its output in a file, its state in a directory. */
final class Subject implements AutoCloseable {
  private static final double TICKS_PER_SECOND = 100.0;
  private static final String RUNNING = "BENCH_RUNNING ";

  final String applicationId;
  final long spawnedAt;
  private final Process process;
  private final Path state;
  private final Path log;
  private final Thread reader;
  private final CompletableFuture<Long> running = new CompletableFuture<>();

  Subject(Options options) throws IOException {
    applicationId = "bench-" + Long.toString(System.currentTimeMillis(), 36);
    state = options.work().resolve("state-" + applicationId);
    log = options.work().resolve("app.log");
    List<String> command =
        options.has("app-cmd")
            ? List.of("bash", "-c", "exec " + options.text("app-cmd", ""))
            : List.of("java", "-Xmx" + options.text("heap", "1g"), "-cp", System.getProperty("java.class.path"), "bench.App");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    Map<String, String> env = new HashMap<>();
    env.put("APP_ID", applicationId);
    env.put("BOOTSTRAP", options.bootstrap());
    env.put("THREADS", options.text("threads", "1"));
    env.put("COMMIT_MS", options.text("commit-ms", "100"));
    env.put("STATE_DIR", state.toString());
    env.put("GUARANTEE", options.text("guarantee", "exactly_once_v2"));
    env.put("EXTRA", options.text("extra", ""));
    builder.environment().putAll(env);
    spawnedAt = System.currentTimeMillis();
    process = builder.start();
    Runtime.getRuntime().addShutdownHook(new Thread(this::end));
    reader = new Thread(this::read);
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader lines = process.inputReader();
        PrintWriter writer = new PrintWriter(Files.newBufferedWriter(log), true)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(RUNNING)) running.complete(Long.parseLong(line.substring(RUNNING.length()).trim()));
        writer.println(line);
      }
    } catch (IOException end) {
      // The pipe breaks when the process is ended; whoever waits for it notices by the process.
    }
    running.completeExceptionally(new IllegalStateException("the application ended before it was running, see " + log));
  }

  /** When its partitions were assigned, epoch milliseconds. Waits for it. */
  long runningAt() throws Exception {
    return running.get(60, TimeUnit.SECONDS);
  }

  void requireAlive() {
    if (!process.isAlive()) throw new IllegalStateException("the application ended, see " + log);
  }

  /** User and system time of the process and of those it started, in seconds. */
  double cpuSeconds() {
    return tree().mapToDouble(handle -> cpuSeconds(handle.pid())).sum();
  }

  /** Peak resident memory, summed over the same processes. */
  long peakMegabytes() {
    return tree().mapToLong(handle -> peakKilobytes(handle.pid())).sum() / 1024;
  }

  private Stream<ProcessHandle> tree() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants());
  }

  static double cpuSeconds(long pid) {
    if (pid <= 0) return 0;
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    } catch (IOException gone) {
      return 0;
    }
  }

  private static long peakKilobytes(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    } catch (IOException gone) {
      return 0;
    }
  }

  private void end() {
    List<ProcessHandle> started = process.descendants().toList();
    // By its handle: Process.destroy() would also close the pipe, and lose its last words.
    process.toHandle().destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) process.destroyForcibly().waitFor();
      reader.join(1000);
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
    }
    started.forEach(ProcessHandle::destroyForcibly);
  }

  /** Asks it to stop, waits until it has, and removes its state. */
  @Override
  public void close() throws IOException {
    end();
    if (!Files.exists(state)) return;
    try (Stream<Path> paths = Files.walk(state)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(path);
    }
  }
}
