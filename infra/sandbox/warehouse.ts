/** A warehouse, as far as Millrace meets one: it is asked for a label in erp.commands, and says what left in erp.shipments. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ErpShipment, RequestShippingLabel } from '../../schemas/generated/types.ts';
import type { CliConfig } from '../../services/cli/environment.ts';
import { openTopics } from '../../services/cli/kafka.ts';
import { kafkajsCluster } from '../../services/runtime/kafkajs/cluster.ts';

const LOOK_EVERY_MS = 200;

export interface Warehouse {
  /** What it is to send for an order, once it is asked to. */
  asked(orderId: string, signal: AbortSignal): Promise<RequestShippingLabel>;
  /** Tells that it has left. */
  ship(shipment: ErpShipment): Promise<void>;
  close(): Promise<void>;
}

export const openWarehouse = async (config: CliConfig): Promise<Warehouse> => {
  const topics = await openTopics(config);
  const commands = topics.schemas.topic('erpCommands');
  const shipments = topics.schemas.topic('erpShipments');
  await shipments.value.open?.();
  const cluster = kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'warehouse' });
  const producer = await cluster.idempotentProducer();
  return {
    async asked(orderId, signal) {
      for (;;) {
        for await (const { value } of topics.read(commands, orderId))
          if (value?.type === 'RequestShippingLabel') return value;
        await sleep(LOOK_EVERY_MS, undefined, { signal });
      }
    },
    ship: (shipment) =>
      producer.send([
        { topic: shipments.name, key: Buffer.from(shipment.orderId), value: shipments.value.encode(shipment) },
      ]),
    close: async () => {
      await producer.close();
      await topics.close();
    },
  };
};
