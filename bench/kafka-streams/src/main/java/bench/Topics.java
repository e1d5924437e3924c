package bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The topics of the job, and clients for them. */
final class Topics {
  static final String ORDERS = "bench.orders";
  static final String CUSTOMERS = "bench.customers";
  static final String CARTS = "bench.carts";
  static final String STRIPE_EVENTS = "bench.stripe-events";
  static final String ENRICHED = "bench.orders.enriched";
  static final String STRIPE_COMMANDS = "bench.cmd.stripe";
  static final String SHOP_COMMANDS = "bench.cmd.adnsf";
  static final String ERP_COMMANDS = "bench.cmd.erp";
  static final List<String> INPUTS = List.of(ORDERS, CUSTOMERS, CARTS, STRIPE_EVENTS);
  static final List<String> OUTPUTS = List.of(STRIPE_COMMANDS, SHOP_COMMANDS, ERP_COMMANDS);
  static final int PARTITIONS = 4;

  private Topics() {}

  /** Deletes what is there of these topics and makes them empty. */
  static void recreate(Admin admin, List<String> topics) throws Exception {
    List<String> old = new ArrayList<>(topics);
    old.retainAll(admin.listTopics().names().get());
    if (!old.isEmpty()) {
      admin.deleteTopics(old).all().get();
      long deadline = System.currentTimeMillis() + 10_000;
      while (admin.listTopics().names().get().stream().anyMatch(old::contains)) {
        if (System.currentTimeMillis() > deadline) throw new IllegalStateException("topics are not deleted: " + old);
        Thread.sleep(100);
      }
    }
    admin.createTopics(topics.stream().map(topic -> new NewTopic(topic, PARTITIONS, (short) 1)).toList()).all().get();
  }

  /** Deletes what an application made for itself: changelogs and the like begin with its id. */
  static void deleteOf(Admin admin, String applicationId) throws Exception {
    Set<String> topics = admin.listTopics().names().get();
    List<String> own = topics.stream().filter(topic -> topic.startsWith(applicationId)).toList();
    if (!own.isEmpty()) admin.deleteTopics(own).all().get();
  }

  static List<TopicPartition> partitions(String... topics) {
    return Arrays.stream(topics)
        .flatMap(topic -> java.util.stream.IntStream.range(0, PARTITIONS).mapToObj(p -> new TopicPartition(topic, p)))
        .toList();
  }

  static KafkaProducer<String, String> producer(String bootstrap, int lingerMs) {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers", bootstrap,
            "acks", "all",
            "linger.ms", String.valueOf(lingerMs),
            "batch.size", lingerMs > 0 ? "65536" : "16384",
            "buffer.memory", "134217728"),
        new StringSerializer(),
        new StringSerializer());
  }

  static KafkaConsumer<String, String> consumer(String bootstrap) {
    return new KafkaConsumer<>(
        Map.of(
            "bootstrap.servers", bootstrap,
            "isolation.level", "read_committed",
            "auto.offset.reset", "earliest",
            "enable.auto.commit", "false"),
        new StringDeserializer(),
        new StringDeserializer());
  }
}
