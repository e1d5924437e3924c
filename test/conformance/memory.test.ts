import { MemoryBroker } from '../../services/runtime/memory/broker.ts';
import { memoryCluster } from '../../services/runtime/memory/cluster.ts';
import { systemScheduler } from '../../services/runtime/scheduler.ts';
import { kafkaPortSuite } from './kafka-port.ts';

kafkaPortSuite('memory', () =>
  Promise.resolve({
    cluster: memoryCluster(new MemoryBroker(() => Date.now()), systemScheduler),
    close: () => Promise.resolve(),
  }),
);
