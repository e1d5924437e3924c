/**
 * The connector: reads the shop's log in its order and writes each table's topic, in transactions, exactly once. Each
 * partition learns the end of a transaction on its own and at its own time, as brokers write their markers; so each
 * table has a producer here, and all of them begin and end together.
 */
import type { Schemas } from '../../schemas/serde.ts';
import type { MemoryBroker } from '../../services/runtime/memory/broker.ts';
import { partitionOf } from '../../services/runtime/partitioner.ts';
import type { SimulatedShop, Table } from './shop.ts';
import type { World } from './world.ts';

const tables: readonly Table[] = ['customers', 'carts', 'orderLines', 'orders'];
const idOf = (table: Table): string => `connector-${table}`;
const mostRecords = 6;

export class Connector {
  readonly #world: World;
  readonly #broker: MemoryBroker;
  readonly #shop: SimulatedShop;
  readonly #schemas: Schemas;
  readonly #epochs = new Map<Table, number>();
  #position = 0;
  /** Where the open transaction began. */
  #open: number | undefined;
  /** Tables that have not learned yet that the transaction was committed. */
  #uninformed: Table[] = [];

  constructor(world: World, broker: MemoryBroker, shop: SimulatedShop, schemas: Schemas) {
    this.#world = world;
    this.#broker = broker;
    this.#shop = shop;
    this.#schemas = schemas;
    this.#fence();
  }

  get busy(): boolean {
    return this.#open !== undefined || this.#uninformed.length > 0 || this.#position < this.#shop.log.length;
  }

  act(): void {
    const { chance } = this.#world;
    if (this.#uninformed.length > 0) {
      const [table] = this.#uninformed.splice(chance.below(this.#uninformed.length), 1);
      this.#inform(table!);
    } else if (this.#open !== undefined && (this.#position === this.#shop.log.length || chance.flip(0.6))) {
      const written = new Set(this.#shop.log.slice(this.#open, this.#position).map(({ table }) => table));
      this.#open = undefined;
      this.#uninformed = [...written];
      // Mostly the markers come together.
      if (chance.flip(0.7)) for (const table of this.#uninformed.splice(0)) this.#inform(table);
    } else this.#write(1 + chance.below(mostRecords));
    this.#world.version++;
  }

  /** Dies and comes back: what was not committed is written again; what was is seen through first. */
  restart(): void {
    for (const table of this.#uninformed.splice(0)) this.#inform(table);
    this.#fence();
    if (this.#open !== undefined) this.#position = this.#open;
    this.#open = undefined;
    this.#world.version++;
  }

  #fence(): void {
    for (const table of tables) this.#epochs.set(table, this.#broker.initProducerId(idOf(table)).epoch);
  }

  #inform(table: Table): void {
    this.#world.say(() => `  ${table}: committed`);
    this.#broker.endTransaction(idOf(table), this.#epochs.get(table)!, true);
  }

  #write(count: number): void {
    this.#open ??= this.#position;
    for (const { table, key, value, at } of this.#shop.log.slice(this.#position, this.#position + count)) {
      const topic = this.#schemas.topic(table);
      const bytes = Buffer.from(key);
      const partition = partitionOf(bytes, this.#broker.partitionCount(topic.name) ?? 1);
      const log = this.#broker.log({ topic: topic.name, partition });
      this.#broker.appendInTransaction(idOf(table), this.#epochs.get(table)!, log, {
        key: bytes,
        value: value === null ? null : topic.value.encode(value as never),
        headers: {},
        timestamp: at,
      });
      this.#position++;
    }
  }
}
