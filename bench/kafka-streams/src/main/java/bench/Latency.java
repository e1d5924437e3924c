package bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** How long a command takes at a steady rate, from just before its cause is sent until a read_committed reader has it. */
final class Latency {
  private Latency() {}

  static Map<String, Object> run(Admin admin, Options options) throws Exception {
    int rate = options.number("rate", 200);
    int warm = rate * options.number("warm", 10);
    int total = warm + rate * options.number("secs", 30);
    List<String> fresh = new ArrayList<>(Topics.INPUTS);
    fresh.addAll(Topics.OUTPUTS);
    fresh.add(Topics.ENRICHED);
    Topics.recreate(admin, fresh);
    Thread.sleep(1000);
    try (KafkaProducer<String, String> producer = Topics.producer(options.bootstrap(), 0);
        KafkaConsumer<String, String> consumer = Topics.consumer(options.bootstrap())) {
      for (int i = 0; i < Payloads.customers(total); i++) {
        producer.send(new ProducerRecord<>(Topics.CUSTOMERS, Payloads.customerKey(i), Payloads.customer(i)));
      }
      for (int i = 0; i < total; i++) {
        for (int line = 0; line < Payloads.LINES_PER_ORDER; line++) {
          String customer = Payloads.customerOf(i, total);
          producer.send(new ProducerRecord<>(Topics.CARTS, customer, Payloads.cartLine(i, line, total)));
        }
      }
      producer.flush();
      try (Subject subject = new Subject(options)) {
        subject.runningAt();
        // Customers and cart lines are read meanwhile.
        TimeUnit.SECONDS.sleep(options.number("settle", 10));
        double cpuBefore = subject.cpuSeconds();
        double brokerBefore = Subject.cpuSeconds(options.brokerPid());
        Paced paced = new Paced(producer, rate, total);
        Thread sender = new Thread(paced);
        List<TopicPartition> partitions = Topics.partitions(Topics.STRIPE_COMMANDS, Topics.SHOP_COMMANDS);
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        sender.start();
        List<Long> twoHops = new ArrayList<>();
        List<Long> oneHop = new ArrayList<>();
        int orders = 0;
        int events = 0;
        long deadline = System.currentTimeMillis() + (total / rate + 30) * 1000L;
        while ((orders < total || events < total - rate) && System.currentTimeMillis() < deadline) {
          subject.requireAlive();
          for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
            long now = System.nanoTime();
            boolean measured = Integer.parseInt(record.key().substring(1)) >= warm;
            if (record.topic().equals(Topics.STRIPE_COMMANDS)) {
              orders++;
              if (measured) twoHops.add(now - paced.orderSentAt.get(record.key()));
            } else {
              events++;
              if (measured) oneHop.add(now - paced.eventSentAt.get(record.key()));
            }
          }
        }
        sender.join();
        double cpu = subject.cpuSeconds() - cpuBefore;
        double brokerCpu = Subject.cpuSeconds(options.brokerPid()) - brokerBefore;
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("kind", "latency");
        result.put("rate", rate);
        result.put("expected", total + total - rate);
        result.put("outputs", orders + events);
        result.put("twoHops", percentiles(twoHops));
        result.put("oneHop", percentiles(oneHop));
        result.put("cpuSeconds", cpu);
        result.put("brokerCpuSeconds", brokerCpu);
        result.put("peakMb", subject.peakMegabytes());
        subject.close();
        Topics.deleteOf(admin, subject.applicationId);
        return result;
      }
    }
  }

  /** Milliseconds. */
  private static Map<String, Object> percentiles(List<Long> nanos) {
    Collections.sort(nanos);
    int count = nanos.size();
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("count", count);
    if (count == 0) return result;
    for (int percent : new int[] {50, 95, 99}) {
      result.put("p" + percent, nanos.get(Math.min(count - 1, count * percent / 100)) / 1e6);
    }
    result.put("max", nanos.get(count - 1) / 1e6);
    return result;
  }

  /** Sends an order every so often and, a second later, the Stripe event that pays for it. */
  private static final class Paced implements Runnable {
    final Map<String, Long> orderSentAt = new ConcurrentHashMap<>();
    final Map<String, Long> eventSentAt = new ConcurrentHashMap<>();
    private final KafkaProducer<String, String> producer;
    private final int rate;
    private final int total;

    Paced(KafkaProducer<String, String> producer, int rate, int total) {
      this.producer = producer;
      this.rate = rate;
      this.total = total;
    }

    @Override
    public void run() {
      long begun = System.nanoTime();
      for (int i = 0; i < total; i++) {
        long due = begun + i * 1_000_000_000L / rate;
        for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) LockSupport.parkNanos(wait);
        String order = Payloads.orderKey("L", i);
        String value = Payloads.order("L", i, total);
        orderSentAt.put(order, System.nanoTime());
        producer.send(new ProducerRecord<>(Topics.ORDERS, Payloads.customerOf(i, total), value));
        if (i < rate) continue;
        String paid = Payloads.orderKey("L", i - rate);
        String event = Payloads.stripeEvent("L", i - rate, false);
        eventSentAt.put(paid, System.nanoTime());
        producer.send(new ProducerRecord<>(Topics.STRIPE_EVENTS, paid, event));
      }
    }
  }
}
