/**
 * Where people decide about dead letters. One desk per partition of the topic, and one person at it at a time: whoever
 * opens it fences who was there before, and only then reads what was done, so nothing can be done twice. A redriven
 * record and the note that it was redriven are one transaction.
 */
import type { DeadLetterAction } from '../../schemas/generated/types.ts';
import { RetriableError } from '../runtime/errors.ts';
import type { KafkaCluster, ProducedRecord, Transaction, TransactionalProducer } from '../runtime/ports.ts';
import { redriveHeaders } from '../runtime/redrive.ts';
import { isMerged } from '../runtime/topics.ts';
import type { Stage, Topology } from '../runtime/topology.ts';
import { type Lettered, letterId, type LetterPlace, needsPerson, presentValue, untouched } from './letter.ts';
import { lettersAt, type Source, standingsOf } from './read.ts';
import { type Behind, behindAll, hasMoved } from './standing-place.ts';

export type DeskSetup = Source &
  Readonly<{
    cluster: Pick<KafkaCluster, 'transactionalProducer'>;
    /** Whose stages may merge their inputs by place. */
    topology: Topology;
  }>;

export type Person = Readonly<{ by: string; reason: string; at: bigint }>;

export type Deed =
  | Readonly<{ kind: 'redrive' | 'discard' }>
  /** The bytes that a redrive shall bring back, given the letter as it is now. Throwing leaves the letter as it is. */
  | Readonly<{ kind: 'edit'; edited: (lettered: Lettered) => Promise<Buffer> }>;

export type Outcome =
  | Readonly<{ kind: 'done'; lettered: Lettered; action: DeadLetterAction }>
  | Readonly<{ kind: 'skipped'; id: string; why: string }>;

/** Most letters in one transaction: readers of the source topics wait for it. */
const BATCH = 50;
/** A shop that writes without pause may come between; each attempt takes some milliseconds. */
const ATTEMPTS = 20;

export const deskId = (partition: number): string => `dead-letters-desk-${partition}`;

type Sent = Readonly<{ topic: string; partition: number; offset: bigint }>;

const recordOf = (lettered: Lettered, place: string | undefined): ProducedRecord => {
  const { letter, standing } = lettered;
  return {
    topic: letter.sourceTopic,
    partition: letter.sourcePartition,
    key: letter.key,
    value: presentValue(letter, standing),
    headers: redriveHeaders(letter.headers, letterId(lettered), place),
    // Event time; and how long ago an effect may have been tried under this record.
    timestamp: letter.sourceTimestamp,
  };
};

/** Redriven records of one transaction, those of merged stages with the places they got. */
class Redrive {
  readonly #setup: DeskSetup;
  readonly #transaction: Transaction;
  readonly #behind = new Map<string, { behind: Behind; partition: number; first: Map<string, bigint> }>();

  constructor(setup: DeskSetup, transaction: Transaction) {
    this.#setup = setup;
    this.#transaction = transaction;
  }

  async look(letters: readonly Lettered[]): Promise<void> {
    for (const { letter } of letters) {
      const stage = this.#mergedStage(letter.application, letter.stage);
      const group = `${letter.stage}-${letter.sourcePartition}`;
      if (stage === undefined || this.#behind.has(group)) continue;
      const behind = await behindAll(this.#setup, stage, letter.sourcePartition);
      this.#behind.set(group, { behind, partition: letter.sourcePartition, first: new Map() });
    }
  }

  async send(lettered: Lettered): Promise<Sent> {
    const { letter } = lettered;
    const known = this.#behind.get(`${letter.stage}-${letter.sourcePartition}`);
    const [end] = await this.#transaction.send([recordOf(lettered, known?.behind.place)]);
    if (end === undefined) throw new RetriableError(`no position of ${letterId(lettered)} after sending it`);
    const sent = { ...end, offset: end.offset - 1n };
    if (known?.first.has(sent.topic) === false) known.first.set(sent.topic, sent.offset);
    return sent;
  }

  async overtaken(): Promise<boolean> {
    for (const { behind, partition, first } of this.#behind.values())
      if (await hasMoved(this.#setup, behind, partition, first)) return true;
    return false;
  }

  #mergedStage(application: string, name: string): Stage | undefined {
    const { topology } = this.#setup;
    const stage = topology.stages.find((each) => each.name === name);
    return stage !== undefined && application === topology.application && isMerged(stage) ? stage : undefined;
  }
}

const actionOn = (
  lettered: Lettered,
  deed: Deed,
  person: Person,
  more: Partial<DeadLetterAction>,
): DeadLetterAction => ({
  letter: letterId(lettered),
  kind: deed.kind,
  ...person,
  value: null,
  topic: null,
  partition: null,
  offset: null,
  ...more,
});

/** One transaction; undefined when something came between and it was given up. */
const attempt = async (
  setup: DeskSetup,
  producer: TransactionalProducer,
  letters: readonly Lettered[],
  deed: Deed,
  person: Person,
): Promise<readonly DeadLetterAction[] | undefined> => {
  const transaction = await producer.begin();
  try {
    return await within(setup, transaction, letters, deed, person);
  } catch (error) {
    // Readers of what was written wait for its end; when it cannot be told now, the brokers end it after a while.
    await transaction.abort().catch(() => undefined);
    throw error;
  }
};

const within = async (
  setup: DeskSetup,
  transaction: Transaction,
  letters: readonly Lettered[],
  deed: Deed,
  person: Person,
): Promise<readonly DeadLetterAction[] | undefined> => {
  const topic = setup.schemas.topic('deadLetterActions');
  const redrive = new Redrive(setup, transaction);
  if (deed.kind === 'redrive') await redrive.look(letters);
  const actions: DeadLetterAction[] = [];
  for (const lettered of letters) {
    if (deed.kind === 'redrive') actions.push(actionOn(lettered, deed, person, await redrive.send(lettered)));
    else
      actions.push(
        actionOn(lettered, deed, person, deed.kind === 'edit' ? { value: await deed.edited(lettered) } : {}),
      );
  }
  await transaction.send(
    actions.map((action, index) => ({
      topic: topic.name,
      partition: letters[index]!.partition,
      key: Buffer.from(action.letter),
      value: topic.value.encode(action),
    })),
  );
  if (await redrive.overtaken()) {
    await transaction.abort();
    return undefined;
  }
  await transaction.commit();
  return actions;
};

const whyNot = ({ standing }: Lettered): string => {
  const last = standing.actions.at(-1);
  return `it was ${standing.state} by ${last?.by ?? 'somebody'}: ${last?.reason ?? 'no reason given'}`;
};

/**
 * Does one thing to letters of one partition, in their order, and tells what became of each as its transaction commits.
 * @throws TaskMigratedError when somebody else came to the desk: what was told is done, the rest is not
 * @throws RetriableError when the brokers or the shop did not let it: look, and do it again
 */
export async function* act(
  setup: DeskSetup,
  partition: number,
  places: readonly LetterPlace[],
  deed: Deed,
  person: Person,
): AsyncGenerator<Outcome> {
  const topic = setup.schemas.topic('deadLetterActions');
  await topic.value.open?.();
  const ids = new Set(places.map(letterId));
  const offsets = [...new Set(places.map(({ offset }) => offset))].sort((a, b) => (a < b ? -1 : 1));
  const producer = await setup.cluster.transactionalProducer(deskId(partition));
  try {
    const standings = await standingsOf(setup, partition, ids);
    for (let at = 0; at < offsets.length; at += BATCH) {
      const batch = offsets.slice(at, at + BATCH);
      const found = await lettersAt(setup, partition, batch);
      const due: Lettered[] = [];
      for (const offset of batch) {
        const id = letterId({ partition, offset });
        const letter = found.get(offset);
        const lettered = letter && { ...letter, standing: standings.get(id) ?? untouched };
        if (lettered === undefined) yield { kind: 'skipped', id, why: 'there is no such dead letter' };
        else if (!needsPerson(lettered.standing)) yield { kind: 'skipped', id, why: whyNot(lettered) };
        else due.push(lettered);
      }
      if (due.length === 0) continue;
      let actions: readonly DeadLetterAction[] | undefined;
      for (let tries = 0; actions === undefined; tries++) {
        if (tries === ATTEMPTS)
          throw new RetriableError(`the shop wrote in between ${ATTEMPTS} times; nothing was redriven, try again`);
        actions = await attempt(setup, producer, due, deed, person);
      }
      for (const [index, action] of actions.entries()) yield { kind: 'done', lettered: due[index]!, action };
    }
  } finally {
    await producer.close();
  }
}
