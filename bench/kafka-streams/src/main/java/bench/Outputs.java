package bench;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * The commands that a read_committed reader finds.
 *
 * @param duplicates how many came with an id that another one of the same topic had before
 * @param digest a sum over topic, key and value of all of them: equal for two applications that wrote the same commands,
 *     in whatever order
 */
record Outputs(long count, long duplicates, long digest) {
  static Outputs read(String bootstrap) {
    long count = 0;
    long duplicates = 0;
    long digest = 0;
    Set<String> ids = new HashSet<>();
    try (KafkaConsumer<String, String> consumer = Topics.consumer(bootstrap)) {
      List<TopicPartition> partitions = Topics.partitions(Topics.OUTPUTS.toArray(String[]::new));
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
          count++;
          // By contract the id is the first member.
          String id = record.value().substring(0, record.value().indexOf(','));
          if (!ids.add(record.topic() + id)) duplicates++;
          digest += digestOf(record);
        }
      }
    }
    return new Outputs(count, duplicates, digest);
  }

  private static long digestOf(ConsumerRecord<String, String> record) {
    CRC32 crc = new CRC32();
    crc.update((record.topic() + '\0' + record.key() + '\0' + record.value()).getBytes(StandardCharsets.UTF_8));
    return crc.getValue();
  }
}
