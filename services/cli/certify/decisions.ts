/** Whether the commands in the topics are those that the order's records call for: each once, the same, in order. */
import { calledFor, explain, type Arriving, type Told } from './arrival.ts';
import type { Notes } from './certificate.ts';
import { type OrderFacts, placeText } from './facts.ts';
import type { Command, ReadOrder, SeenCommand } from './read.ts';
import type { Ways } from './topics.ts';

const text = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? String(part) : part));

/** Names of the fields in which two commands differ, those of the payload with a dot. */
const differences = (told: Command, wanted: Command): readonly string[] => {
  const fields = (of: Command): Map<string, string> => {
    const { payload, ...envelope } = of;
    const named = (prefix: string, record: object): [string, string][] =>
      Object.entries(record).map(([name, value]) => [`${prefix}${name}`, text(value)]);
    return new Map([...named('', envelope), ...named('payload.', payload)]);
  };
  const [left, right] = [fields(told), fields(wanted)];
  return [...new Set([...left.keys(), ...right.keys()])].filter((name) => left.get(name) !== right.get(name));
};

const judgeEach = (
  commands: readonly SeenCommand[],
  wanted: ReturnType<typeof calledFor>,
  ways: Ways,
  notes: Notes,
): boolean => {
  let fine = true;
  const say: Notes['violation'] = (kind, message) => {
    fine = false;
    notes.violation(kind, message);
  };
  const byId = Map.groupBy(commands, ({ command }) => command.commandId);
  for (const [commandId, [first, ...more]] of byId) {
    for (const again of more)
      say('doubled', `command ${commandId} is at ${placeText(first!)} and again at ${placeText(again)}`);
    const due = wanted.get(commandId);
    if (due === undefined) {
      if (!first!.late)
        say(
          'unexplained',
          `command ${commandId} (${placeText(first!)}): nothing that is known of the order calls for it`,
        );
      continue;
    }
    if (due.value.equals(first!.value)) continue;
    const differs = differences(first!.command, ways.serdeOf(due.topic).decode(due.value) as Command);
    const [kind, what] =
      differs.length === 1 && differs[0] === 'causationId'
        ? (['cause', `names ${first!.command.causationId} as its cause, which it was not`] as const)
        : (['changed', `says something else than was decided: ${differs.join(', ')}`] as const);
    say(kind, `command ${commandId} (${placeText(first!)}) ${what}`);
  }
  for (const [commandId, { topic, required }] of wanted)
    if (byId.has(commandId)) continue;
    else if (required) say('lost', `command ${commandId} was called for and is not in ${topic}`);
    else notes.open(`command ${commandId}`);
  return fine;
};

export const commandViolations = (
  facts: OrderFacts,
  order: ReadOrder,
  arriving: readonly (readonly Arriving[])[],
  ways: Ways,
  notes: Notes,
): void => {
  const commands = order.commands.filter(({ again }) => again === null);
  const idOf = (topic: string, value: Buffer): string => (ways.serdeOf(topic).decode(value) as Command).commandId;
  const wanted = calledFor(ways.orders, arriving, idOf);
  const told = new Map<string, Told[]>();
  for (const { topic, value, timestamp, late, command } of commands)
    told.set(topic, [...(told.get(topic) ?? []), { commandId: command.commandId, value, timestamp, late }]);
  const explanation = explain(ways.orders, arriving, told);
  if (explanation === 'explained') {
    const there = new Set(commands.map(({ command }) => command.commandId));
    for (const commandId of wanted.keys()) if (!there.has(commandId)) notes.open(`command ${commandId}`);
    return;
  }
  // The sets tell what is wrong with which command; when they agree, the sequence is wrong.
  if (!judgeEach(commands, wanted, ways, notes)) return;
  if (explanation === 'undecided')
    notes.limit(
      `the order of its ${commands.length} commands was not proved: too many ways in which its records may have arrived`,
    );
  else
    notes.violation(
      'reordered',
      `no order in which the records of ${facts.orderId} can have arrived gives its commands this sequence and these times: ${commands.map((command) => `${command.command.commandId} (${placeText(command)})`).join(', ')}`,
    );
};
