package bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** How long an application takes for topics that were filled before it started. */
final class Throughput {
  private static final long DEADLINE_MS = 600_000;

  private Throughput() {}

  /**
   * One run. The clock goes from the moment the application says that it is running to the last move of the outputs'
   * last stable offsets, so only what a read_committed reader can see counts.
   */
  static Map<String, Object> run(Admin admin, Options options) throws Exception {
    int orders = options.number("n", 100_000);
    long expected = Payloads.expectedOutputs(orders);
    long quietMs = options.number("quiet-ms", 3000);
    List<String> fresh = new ArrayList<>(Topics.OUTPUTS);
    fresh.add(Topics.ENRICHED);
    Topics.recreate(admin, fresh);
    Thread.sleep(1000);
    double brokerBefore = Subject.cpuSeconds(options.brokerPid());
    try (Subject subject = new Subject(options);
        KafkaConsumer<String, String> consumer = Topics.consumer(options.bootstrap())) {
      List<TopicPartition> partitions = Topics.partitions(Topics.OUTPUTS.toArray(String[]::new));
      long stable = 0;
      long firstAt = 0;
      long lastAt = subject.spawnedAt;
      double cpu = 0;
      double brokerCpu = 0;
      Outputs outputs;
      while (true) {
        Thread.sleep(50);
        subject.requireAlive();
        long now = System.currentTimeMillis();
        long reached = consumer.endOffsets(partitions).values().stream().mapToLong(Long::longValue).sum();
        if (reached != stable) {
          if (stable == 0) firstAt = now;
          stable = reached;
          lastAt = now;
          cpu = subject.cpuSeconds();
          brokerCpu = Subject.cpuSeconds(options.brokerPid()) - brokerBefore;
        }
        boolean overdue = now - subject.spawnedAt > DEADLINE_MS;
        // Offsets count transaction markers too: whether all commands are there is known only by reading them.
        if (overdue || (now - lastAt > quietMs && stable >= expected)) {
          outputs = Outputs.read(options.bootstrap());
          if (overdue || outputs.count() >= expected) break;
        }
      }
      long peakMb = subject.peakMegabytes();
      long runningAt = subject.runningAt();
      double seconds = (lastAt - runningAt) / 1000.0;
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("kind", "throughput");
      result.put("orders", orders);
      result.put("inputs", Payloads.inputs(orders));
      result.put("outputs", outputs.count());
      result.put("expected", expected);
      result.put("duplicates", outputs.duplicates());
      result.put("digest", Long.toHexString(outputs.digest()));
      result.put("seconds", seconds);
      result.put("startSeconds", (runningAt - subject.spawnedAt) / 1000.0);
      result.put("firstOutputSeconds", (firstAt - runningAt) / 1000.0);
      result.put("cpuSeconds", cpu);
      result.put("brokerCpuSeconds", brokerCpu);
      result.put("peakMb", peakMb);
      subject.close();
      Topics.deleteOf(admin, subject.applicationId);
      return result;
    }
  }
}
