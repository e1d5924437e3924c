package bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** The job as a Kafka Streams application with exactly_once_v2: what the engine is compared with. */
public final class App {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Serde<String> TEXT = Serdes.String();
  private static final Serde<JsonNode> JSON =
      Serdes.serdeFrom((topic, value) -> write(value), (topic, bytes) -> parse(bytes));
  private static final String STATE = "order-state";
  private static final List<String> LINE_MEMBERS = List.of("cartLineId", "productId", "sku", "quantity", "unitPrice");
  private static final List<String> ORDER_MEMBERS =
      List.of("orderNumber", "customerId", "orderTotal", "currency", "email", "transactionState");
  /** Commands carry at most so many lines. */
  private static final int COMMAND_LINES = 3;

  private App() {}

  private static byte[] write(JsonNode value) {
    try {
      return value == null ? null : MAPPER.writeValueAsBytes(value);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static JsonNode parse(byte[] bytes) {
    try {
      return bytes == null ? null : MAPPER.readTree(bytes);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static Materialized<String, JsonNode, KeyValueStore<Bytes, byte[]>> store(String name) {
    return Materialized.<String, JsonNode, KeyValueStore<Bytes, byte[]>>as(name).withKeySerde(TEXT).withValueSerde(JSON);
  }

  static Topology topology() {
    StreamsBuilder builder = new StreamsBuilder();
    Consumed<String, JsonNode> consumed = Consumed.with(TEXT, JSON);
    KTable<String, JsonNode> customers = builder.table(Topics.CUSTOMERS, consumed, store("customers"));
    KTable<String, JsonNode> carts =
        builder.stream(Topics.CARTS, consumed)
            .groupByKey(Grouped.with(TEXT, JSON))
            .aggregate(MAPPER::createArrayNode, (customer, line, lines) -> withLine(line, lines), store("carts"));
    builder.stream(Topics.ORDERS, consumed)
        .join(customers, (order, customer) -> with(order, "customer", customer), Joined.with(TEXT, JSON, JSON))
        .leftJoin(
            carts,
            (order, lines) -> with(order, "lines", lines == null ? MAPPER.createArrayNode() : lines),
            Joined.with(TEXT, JSON, JSON))
        .selectKey((customer, order) -> order.get("orderNumber").asText())
        .to(Topics.ENRICHED, Produced.with(TEXT, JSON));
    builder.addStateStore(
        Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STATE), TEXT, JSON)
            .withCachingEnabled()
            .withLoggingEnabled(Map.of()));
    builder.stream(Topics.ENRICHED, consumed)
        .merge(builder.stream(Topics.STRIPE_EVENTS, consumed))
        .process(Decider::new, STATE)
        .to((key, command, context) -> "bench.cmd." + command.get("target").asText(), Produced.with(TEXT, JSON));
    return builder.build();
  }

  private static JsonNode with(JsonNode object, String member, JsonNode value) {
    return ((ObjectNode) object).set(member, value);
  }

  private static JsonNode withLine(JsonNode line, JsonNode lines) {
    ArrayNode all = lines.deepCopy();
    ObjectNode kept = MAPPER.createObjectNode();
    for (String member : LINE_MEMBERS) kept.set(member, line.get(member));
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).get("cartLineId").equals(kept.get("cartLineId"))) {
        all.set(i, kept);
        return all;
      }
    }
    return all.add(kept);
  }

  /** One state per order. An event that comes before its order waits in it. */
  private static final class Decider implements Processor<String, JsonNode, String, JsonNode> {
    private ProcessorContext<String, JsonNode> context;
    private KeyValueStore<String, JsonNode> states;

    @Override
    public void init(ProcessorContext<String, JsonNode> given) {
      context = given;
      states = given.getStateStore(STATE);
    }

    @Override
    public void process(Record<String, JsonNode> record) {
      if (record.key() == null || record.value() == null) return;
      ObjectNode state = (ObjectNode) states.get(record.key());
      if (state == null) {
        state = MAPPER.createObjectNode().put("status", "NONE");
        state.putArray("seen");
        state.putArray("pending");
      }
      boolean isEvent = "event".equals(record.value().path("object").asText());
      if (isEvent ? !onEvent(record, state) : !onOrder(record, state)) return;
      states.put(record.key(), state);
    }

    private boolean onEvent(Record<String, JsonNode> record, ObjectNode state) {
      JsonNode value = record.value();
      String id = value.get("id").asText();
      ArrayNode seen = (ArrayNode) state.get("seen");
      for (JsonNode other : seen) if (other.asText().equals(id)) return false;
      seen.add(id);
      JsonNode object = value.get("data").get("object");
      JsonNode intent = object.path("payment_intent").isTextual() ? object.get("payment_intent") : object.path("id");
      ObjectNode event = MAPPER.createObjectNode();
      event.put("type", value.get("type").asText()).put("id", id).put("created", value.get("created").asLong());
      event.put("pi", intent.asText()).put("amount", object.get("amount").asLong());
      if (state.has("order")) settle(record, state, event);
      else ((ArrayNode) state.get("pending")).add(event);
      return true;
    }

    private boolean onOrder(Record<String, JsonNode> record, ObjectNode state) {
      JsonNode value = record.value();
      JsonNode customer = value.path("customer");
      boolean first = !state.has("order");
      ObjectNode order = MAPPER.createObjectNode();
      for (String member : ORDER_MEMBERS) order.set(member, value.get(member));
      order.put("erpId", customer.path("erpAccount").asText());
      order.set("lines", value.get("lines"));
      state.set("order", order);
      if (!first) return true;
      state.put("status", "AUTH");
      ObjectNode command = command(record.key(), "stripe", "payment_intent.create", state);
      command.put("amount", new BigDecimal(value.get("orderTotal").asText()).movePointRight(2).longValueExact());
      command.put("currency", value.get("currency").asText().toLowerCase(Locale.ROOT));
      command.put("receipt_email", value.get("email").asText());
      command.put("stripeCustomer", customer.path("stripeCustomer").asText());
      ObjectNode metadata = command.putObject("metadata");
      metadata.put("order_number", record.key());
      metadata.put("customer_id", value.get("customerId").asText());
      metadata.put("erp_account", order.get("erpId").asText());
      addLines(command, order);
      context.forward(record.withValue(command));
      for (JsonNode event : state.get("pending")) settle(record, state, event);
      state.putArray("pending");
      return true;
    }

    private void settle(Record<String, JsonNode> record, ObjectNode state, JsonNode event) {
      boolean paid = event.get("type").asText().equals("payment_intent.succeeded");
      state.put("status", paid ? "PAID" : "REFUNDED");
      ObjectNode order = (ObjectNode) state.get("order");
      for (String target : List.of("adnsf", "erp")) {
        ObjectNode command = command(record.key(), target, paid ? "order.paid" : "order.refunded", state);
        command.put("paymentIntent", event.get("pi").asText()).put("amount", event.get("amount").asLong());
        command.put("eventId", event.get("id").asText()).put("occurredAt", event.get("created").asLong());
        command.set("order", order.deepCopy().without(List.of("lines")));
        if (target.equals("erp")) addLines(command, order);
        context.forward(record.withValue(command));
      }
    }

    private static void addLines(ObjectNode command, JsonNode order) {
      ArrayNode lines = command.putArray("lines");
      for (JsonNode line : order.get("lines")) if (lines.size() < COMMAND_LINES) lines.add(line);
    }

    private static ObjectNode command(String key, String target, String type, ObjectNode state) {
      ObjectNode command = MAPPER.createObjectNode();
      command.put("id", key + ":" + target + ":" + type).put("target", target).put("type", type);
      return command.put("orderNumber", key).put("status", state.get("status").asText()).put("version", 1);
    }
  }

  private static String env(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }

  public static void main(String[] arguments) {
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, env("APP_ID", "bench-streams"));
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, env("BOOTSTRAP", "127.0.0.1:19092"));
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, env("GUARANTEE", StreamsConfig.EXACTLY_ONCE_V2));
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, env("THREADS", "1"));
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, env("COMMIT_MS", "100"));
    config.put(StreamsConfig.STATE_DIR_CONFIG, env("STATE_DIR", "/tmp/millrace-bench/state"));
    config.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, "1");
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    for (String pair : env("EXTRA", "").split(",")) {
      int equals = pair.indexOf('=');
      if (equals > 0) config.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    KafkaStreams streams = new KafkaStreams(topology(), config);
    streams.setStateListener(
        (state, before) -> {
          if (state == KafkaStreams.State.RUNNING) System.out.println("BENCH_RUNNING " + System.currentTimeMillis());
        });
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
    streams.start();
  }
}
