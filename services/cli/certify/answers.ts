/** Whether each command was answered once, by a result that is of it and says what was done. */
import { subjectOf } from '../../adnsf-executor/execute.ts';
import type { Notes } from './certificate.ts';
import { placeText } from './facts.ts';
import type { ReadOrder, SeenCommand, SeenResult } from './read.ts';
import type { Ways } from './topics.ts';

const STATUSES = new Set(['succeeded', 'refused']);

/** What a result lacks or contradicts of its command; empty when it is sound. */
const faults = ({ command }: SeenCommand, { result }: SeenResult): readonly string[] => {
  const found: string[] = [];
  for (const name of ['type', 'target'] as const)
    if (result[name] !== command[name]) found.push(`${name} is ${result[name]}, not ${command[name]}`);
  if (!STATUSES.has(result.status)) found.push(`status is '${result.status}'`);
  if (result.status !== 'succeeded') {
    if (result.errorCode === null) found.push('it refuses and does not say why');
    return found;
  }
  if (result.objectId === null) found.push('it names nothing that was made or found');
  if (result.target === 'stripe' && result.requestId === null) found.push('it names no request at Stripe');
  if (command.target === 'adnsf') {
    const subject = subjectOf(command);
    if (result.objectId !== null && result.objectId !== subject)
      found.push(`it is about order ${result.objectId}, not ${subject}`);
  }
  return found;
};

/** Executors answer the commands of one order in their order. */
const judgeSequence = (
  answered: readonly Readonly<{ command: SeenCommand; result: SeenResult }>[],
  notes: Notes,
): void => {
  let last: (typeof answered)[number] | undefined;
  for (const each of answered.toSorted((a, b) => (a.result.offset < b.result.offset ? -1 : 1))) {
    if (last !== undefined && last.command.offset > each.command.offset)
      notes.violation(
        'reordered',
        `${last.command.command.commandId} was answered at ${placeText(last.result)}, before ${each.command.command.commandId} (${placeText(each.result)}), which was sent earlier`,
      );
    last = each;
  }
};

export const answerViolations = (order: ReadOrder, ways: Ways, notes: Notes): void => {
  const requests = new Map<string, SeenResult>();
  for (const { commands: topic, results: answers, group } of ways.targets.values()) {
    if (answers === null) continue;
    const commands = Map.groupBy(
      order.commands.filter((each) => each.topic === topic),
      ({ command }) => command.commandId,
    );
    const results = Map.groupBy(
      // A result that was redriven is no second answer.
      order.results.filter((each) => each.topic === answers && each.again !== 'redriven'),
      ({ result }) => result.commandId,
    );
    const answered: { command: SeenCommand; result: SeenResult }[] = [];
    for (const [commandId, sent] of commands) {
      const [result, ...more] = results.get(commandId) ?? [];
      // What was refused and given again is answered when the last of its records was.
      const command = sent.at(-1)!;
      if (result === undefined) {
        if (command.letter || group === null) continue;
        if (command.settled)
          notes.violation(
            'unanswered',
            `command ${commandId} (${placeText(command)}) was carried out, and ${answers} has no result of it`,
          );
        else notes.open(`the result of ${commandId}`);
        continue;
      }
      // Each record of a command is answered; one that was given again has more than one.
      for (const again of more.slice(sent.length - 1))
        notes.violation(
          'doubled',
          `command ${commandId} is answered at ${placeText(result)} and again at ${placeText(again)}`,
        );
      for (const fault of faults(command, result))
        notes.violation('changed', `the result of ${commandId} (${placeText(result)}): ${fault}`);
      if (sent.length === 1) answered.push({ command, result });
    }
    for (const [commandId, [result]] of results) {
      if (!commands.has(commandId) && !result!.late)
        notes.violation('unexplained', `result ${placeText(result!)} is of ${commandId}, which was never sent`);
      const { requestId } = result!.result;
      if (requestId === null) continue;
      const other = requests.get(requestId);
      if (other !== undefined)
        notes.violation(
          'changed',
          `results ${placeText(other)} and ${placeText(result!)} name the same request ${requestId}`,
        );
      requests.set(requestId, result!);
    }
    if (group !== null) judgeSequence(answered, notes);
  }
};
