/** `millrace dlq`: looks at dead letters and decides about them. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpRegistry, type Registry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { act, type DeskSetup, type Outcome, type Person } from '../../dead-letters/desk.ts';
import { editedBytes, readable, withField } from '../../dead-letters/editing.ts';
import {
  type Filter,
  type Lettered,
  letterId,
  type LetterPlace,
  matches,
  needsPerson,
  parseLetterId,
  presentValue,
} from '../../dead-letters/letter.ts';
import { allLetters, laterLetters, oneLetter } from '../../dead-letters/read.ts';
import { orderTopology } from '../../order-stream/topology.ts';
import { noWorkflows } from '../../order-stream/workflows/set.ts';
import { kafkajsCluster } from '../../runtime/kafkajs/cluster.ts';
import type { KafkaCluster } from '../../runtime/ports.ts';
import type { CliConfig } from '../environment.ts';
import { jsonText } from '../json.ts';
import type { Shown } from './print.ts';

export type Office = DeskSetup & Readonly<{ registry: Registry; close(): Promise<void> }>;

/** Where dead letters are read and decided about, on any cluster with any registry. */
export const openOffice = async (cluster: KafkaCluster, registry: Registry): Promise<Office> => {
  const schemas = openSchemas(registry);
  const admin = await cluster.admin();
  const reader = await cluster.reader();
  return {
    cluster,
    registry,
    schemas,
    admin,
    reader,
    // Only which stages there are and how they read matters here, not what they decide.
    topology: orderTopology(
      schemas,
      {
        stores: {},
        stripeMethods: [],
        captureOnShipment: [],
        offSession: [],
        shippedWithFirst: false,
        livemode: false,
      },
      '',
      noWorkflows(),
    ),
    async close() {
      await reader.close();
      await admin.close();
    },
  };
};

export const officeOf = (config: CliConfig): Promise<Office> =>
  openOffice(
    kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'millrace-cli' }),
    httpRegistry(config.MILLRACE_REGISTRY_URL),
  );

/** Letters that match, oldest first, at most `limit`. */
export async function* listed(office: Office, filter: Filter, limit = Infinity): AsyncGenerator<Lettered> {
  let left = limit;
  if (left <= 0) return;
  for await (const lettered of allLetters(office)) {
    if (!matches(filter, lettered)) continue;
    yield lettered;
    if (--left <= 0) return;
  }
}

const found = async (office: Office, id: string): Promise<Lettered> => {
  const lettered = await oneLetter(office, parseLetterId(id));
  if (lettered === undefined) throw new Error(`${id}: there is no such dead letter`);
  return lettered;
};

/** @throws Error when there is no such letter */
export const shown = async (office: Office, id: string): Promise<Shown> => {
  const lettered = await found(office, id);
  const { letter, standing } = lettered;
  const present = presentValue(letter, standing);
  return {
    lettered,
    original: await readable(office.registry, letter.value),
    edited: present === letter.value ? undefined : await readable(office.registry, present),
    later: await laterLetters(office, lettered),
  };
};

/** The letters somebody means: those named, or those that match and wait for a person. */
export const chosen = async (
  office: Office,
  ids: readonly string[],
  filter: Filter,
  limit: number,
): Promise<readonly Lettered[]> => {
  const letters: Lettered[] = [];
  if (ids.length > 0) for (const id of ids) letters.push(await found(office, id));
  else
    for await (const lettered of listed(office, filter, limit))
      if (needsPerson(lettered.standing)) letters.push({ ...lettered, letter: { ...lettered.letter, value: null } });
  return letters;
};

/** Redrives or discards letters, partition by partition, and tells what became of each. */
export async function* decide(
  office: Office,
  kind: 'redrive' | 'discard',
  letters: readonly LetterPlace[],
  person: Person,
): AsyncGenerator<Outcome> {
  for (const [partition, places] of Map.groupBy(letters, (place) => place.partition))
    yield* act(office, partition, places, { kind }, person);
}

export type EditInput =
  | Readonly<{ kind: 'set'; fields: readonly (readonly [path: string, value: string])[] }>
  | Readonly<{ kind: 'file'; path: string }>
  | Readonly<{ kind: 'editor'; command: string }>;

const parsed = (text: string, where: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Error(`${where} is not JSON`, { cause: error });
  }
};

/** What a person makes of the JSON in the editor. */
const inEditor = async (command: string, json: unknown): Promise<unknown> => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-'));
  const path = join(directory, 'dead-letter.json');
  try {
    await writeFile(path, `${jsonText(json)}\n`, { mode: 0o600 });
    const { status, error } = spawnSync(`${command} "$1"`, ['sh', path], { stdio: 'inherit', shell: '/bin/sh' });
    if (error !== undefined || status !== 0) throw new Error(`${command} ended with ${status ?? 'a signal'}`);
    return parsed(await readFile(path, 'utf8'), 'what was written');
  } finally {
    await rm(directory, { recursive: true });
  }
};

const editedJson = async (json: unknown, input: EditInput): Promise<unknown> => {
  switch (input.kind) {
    case 'set':
      return input.fields.reduce((edited, [path, value]) => withField(edited, path, value), json);
    case 'file':
      return parsed(await readFile(input.path, 'utf8'), input.path);
    case 'editor':
      return inEditor(input.command, json);
  }
};

/**
 * Gives a letter another value; it is redriven only when somebody says so. Undefined when it stays what it is, or in a
 * dry run.
 * @throws EditRefusedError naming the field that does not fit
 */
export const edit = async (
  office: Office,
  id: string,
  input: EditInput,
  person: Person,
  options: Readonly<{ dryRun: boolean }>,
): Promise<Outcome | undefined> => {
  const lettered = await found(office, id);
  if (!needsPerson(lettered.standing)) throw new Error(`${letterId(lettered)} was ${lettered.standing.state} already`);
  const before = presentValue(lettered.letter, lettered.standing);
  const present = await readable(office.registry, before);
  if (present === undefined && input.kind === 'set')
    throw new Error(`${letterId(lettered)} cannot be decoded: give the whole value with --file`);
  const json = await editedJson(present?.json ?? {}, input);
  const bytes = await editedBytes(office.registry, lettered.letter, present, json);
  if (options.dryRun || (before !== null && bytes.equals(before))) return undefined;
  const edited = (now: Lettered): Promise<Buffer> => {
    const value = presentValue(now.letter, now.standing);
    const same = value === null || before === null ? value === before : value.equals(before);
    if (!same) throw new Error(`${letterId(now)} was edited by somebody else meanwhile: look at it again`);
    return Promise.resolve(bytes);
  };
  for await (const outcome of act(office, lettered.partition, [lettered], { kind: 'edit', edited }, person))
    return outcome;
  return undefined;
};
