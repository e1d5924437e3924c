import { describe } from 'vitest';
import { kafkajsCluster } from '../../services/runtime/kafkajs/cluster.ts';
import { testBrokers } from './brokers.ts';
import { kafkaPortSuite } from './kafka-port.ts';

describe.skipIf(testBrokers === undefined)('with real brokers', () => {
  kafkaPortSuite('kafkajs', () =>
    Promise.resolve({
      cluster: kafkajsCluster({ brokers: testBrokers ?? [], clientId: 'conformance' }),
      close: () => Promise.resolve(),
    }),
  );
});
