package bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Fills the topics, runs an application in a process of its own and measures it. Which application makes no difference:
 * whatever `--app-cmd` starts is held to the same contract. Prints one line `RESULT {…}` per run.
 */
public final class Driver {
  private Driver() {}

  public static void main(String[] arguments) throws Exception {
    String job = arguments.length == 0 ? "" : arguments[0];
    Options options = Options.parse(arguments, 1);
    int runs = options.number("runs", 1);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", options.bootstrap()))) {
      switch (job) {
        case "preload" -> print(preload(admin, options));
        case "throughput" -> {
          for (int run = 0; run < runs; run++) print(Throughput.run(admin, options));
        }
        case "latency" -> {
          for (int run = 0; run < runs; run++) print(Latency.run(admin, options));
        }
        default -> throw new IllegalArgumentException("preload, throughput or latency, not '" + job + "'");
      }
    }
  }

  private static void print(Map<String, Object> result) throws Exception {
    System.out.println("RESULT " + new ObjectMapper().writeValueAsString(result));
  }

  /** Customers before cart lines before orders before events, in record timestamps too. */
  private static Map<String, Object> preload(Admin admin, Options options) throws Exception {
    int orders = options.number("n", 100_000);
    Topics.recreate(admin, Topics.INPUTS);
    long begun = System.currentTimeMillis();
    long origin = begun - 4_000_000;
    long bytes = 0;
    try (KafkaProducer<String, String> producer = Topics.producer(options.bootstrap(), 20)) {
      for (int i = 0; i < Payloads.customers(orders); i++) {
        bytes += send(producer, Topics.CUSTOMERS, origin, Payloads.customerKey(i), Payloads.customer(i));
      }
      for (int i = 0; i < orders; i++) {
        String customer = Payloads.customerOf(i, orders);
        for (int line = 0; line < Payloads.LINES_PER_ORDER; line++) {
          bytes += send(producer, Topics.CARTS, origin + 1000, customer, Payloads.cartLine(i, line, orders));
        }
      }
      for (int i = 0; i < orders; i++) {
        String customer = Payloads.customerOf(i, orders);
        bytes += send(producer, Topics.ORDERS, origin + 2000 + i, customer, Payloads.order("O", i, orders));
      }
      for (int i = 0; i < orders; i++) {
        String event = Payloads.stripeEvent("O", i, false);
        bytes += send(producer, Topics.STRIPE_EVENTS, origin + 1_000_000 + i, Payloads.orderKey("O", i), event);
      }
      for (int i = 0; i < orders; i += Payloads.REFUND_EVERY) {
        String event = Payloads.stripeEvent("O", i, true);
        bytes += send(producer, Topics.STRIPE_EVENTS, origin + 2_000_000 + i, Payloads.orderKey("O", i), event);
      }
      producer.flush();
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("kind", "preload");
    result.put("orders", orders);
    result.put("inputs", Payloads.inputs(orders));
    result.put("bytes", bytes);
    result.put("seconds", (System.currentTimeMillis() - begun) / 1000.0);
    return result;
  }

  private static int send(KafkaProducer<String, String> producer, String topic, long timestamp, String key, String value) {
    producer.send(new ProducerRecord<>(topic, null, timestamp, key, value));
    return value.length();
  }
}
