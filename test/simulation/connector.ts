/** The connector: reads the shop's log in its order and writes each table's topic, in transactions, exactly once. */
import type { Schemas } from '../../schemas/serde.ts';
import type { MemoryBroker } from '../../services/runtime/memory/broker.ts';
import { partitionOf } from '../../services/runtime/partitioner.ts';
import type { SimulatedShop } from './shop.ts';
import type { World } from './world.ts';

const transactionalId = 'connector';

export class Connector {
  readonly #world: World;
  readonly #broker: MemoryBroker;
  readonly #shop: SimulatedShop;
  readonly #schemas: Schemas;
  #epoch: number;
  #position = 0;
  /** Where the open transaction began. */
  #open: number | undefined;

  constructor(world: World, broker: MemoryBroker, shop: SimulatedShop, schemas: Schemas) {
    this.#world = world;
    this.#broker = broker;
    this.#shop = shop;
    this.#schemas = schemas;
    this.#epoch = broker.initProducerId(transactionalId).epoch;
  }

  get busy(): boolean {
    return this.#open !== undefined || this.#position < this.#shop.log.length;
  }

  act(): void {
    if (this.#open !== undefined && (this.#position === this.#shop.log.length || this.#world.chance.flip(0.6))) {
      this.#broker.endTransaction(transactionalId, this.#epoch, true);
      this.#open = undefined;
    } else this.#write(1 + this.#world.chance.below(6));
    this.#world.version++;
  }

  /** Dies and comes back: what was not committed is written again. */
  restart(): void {
    this.#epoch = this.#broker.initProducerId(transactionalId).epoch;
    if (this.#open !== undefined) this.#position = this.#open;
    this.#open = undefined;
    this.#world.version++;
  }

  #write(count: number): void {
    this.#open ??= this.#position;
    for (const { table, key, value, at } of this.#shop.log.slice(this.#position, this.#position + count)) {
      const topic = this.#schemas.topic(table);
      const bytes = Buffer.from(key);
      const partition = partitionOf(bytes, this.#broker.partitionCount(topic.name) ?? 1);
      this.#broker.appendInTransaction(
        transactionalId,
        this.#epoch,
        this.#broker.log({ topic: topic.name, partition }),
        {
          key: bytes,
          value: value === null ? null : topic.value.encode(value as never),
          headers: {},
          timestamp: at,
        },
      );
      this.#position++;
    }
  }
}
