/** A YAML file whose every value knows where it stands. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import type { z } from 'zod';

export type Path = readonly (string | number)[];

/** What is wrong, and where: `line` and `column` count from 1. */
export type Problem = Readonly<{ file: string; line: number; column: number; field: string; message: string }>;

export const problemText = ({ file, line, column, field, message }: Problem): string =>
  `${file}:${line}:${column}: ${field === '' ? '' : `${field}: `}${message}`;

/** Everything that is wrong with some documents. */
export class WorkflowError extends Error {
  override readonly name = 'WorkflowError';
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(problemText).join('\n'));
    this.problems = problems;
  }
}

export type Source = Readonly<{
  file: string;
  value: unknown;
  /** A problem with the value at a path, `offset` characters into its text. */
  problem: (path: Path, message: string, offset?: number) => Problem;
}>;

/** `steps[2].payload.amount`. */
const fieldText = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );

const keyText = (key: unknown): string => (isScalar(key) ? String(key.value) : String(key));

/** The node at a path, or what of the way there is. Aliases and merged maps are followed. */
const locate = (document: Document, path: Path): Node | null => {
  let found: Node | null = document.contents;
  const resolved = (node: unknown): Node | null => {
    const target: unknown = isAlias(node) ? node.resolve(document) : node;
    return (target ?? null) as Node | null;
  };
  const inMap = (node: unknown, key: string): { key: Node; value: Node | null } | undefined => {
    if (!isMap(node)) return undefined;
    for (const pair of node.items)
      if (isPair(pair) && keyText(pair.key) === key) return { key: pair.key as Node, value: pair.value as Node | null };
    for (const pair of node.items) {
      const merged = keyText(pair.key) === '<<' ? inMap(resolved(pair.value), key) : undefined;
      if (merged) return merged;
    }
    return undefined;
  };
  for (const part of path) {
    const here = resolved(found);
    if (!isCollection(here)) return found;
    if (typeof part === 'number') {
      const next = here.get(part, true) as Node | undefined;
      if (next === undefined) return found;
      found = next;
    } else {
      const next = inMap(here, part);
      if (next === undefined) return found;
      found = next.value?.range ? next.value : next.key;
    }
  }
  return resolved(found);
};

/** Where character `offset` of a scalar's value stands in the file: YAML folds lines and escapes characters. */
const placeIn = (text: string, node: Node, offset: number): number => {
  const [start, end] = node.range!;
  if (!isScalar(node) || typeof node.value !== 'string') return start;
  const source = text.slice(start, end);
  const { value } = node;
  const plain = source.indexOf(value);
  if (plain >= 0) return start + plain + offset;
  const isBlock = node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL';
  let at = isBlock ? source.indexOf('\n') + 1 : 0;
  for (let index = 0; index <= offset && index < value.length; index++) {
    if (/\s/.test(value[index]!)) continue;
    while (at < source.length && source[at] !== value[index]) at++;
    if (index < offset) at++;
  }
  return start + Math.min(at, source.length);
};

/** @throws WorkflowError when it is not YAML */
export const readSource = (file: string, text: string): Source => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const at = (place: number, field: string, message: string): Problem => {
    const { line, col } = lines.linePos(place);
    return { file, line, column: col, field, message };
  };
  if (document.errors.length > 0)
    throw new WorkflowError(document.errors.map(({ pos, message }) => at(pos[0], '', message)));
  return {
    file,
    value: document.toJS() as unknown,
    problem: (path, message, offset = 0) => {
      const node = locate(document, path);
      return at(node?.range ? placeIn(text, node, offset) : 0, fieldText(path), message);
    },
  };
};

const issueMessage = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'invalid_key' || issue.code === 'invalid_element')
    return `the name ${issue.issues.map(({ message }) => message).join('; ')}`;
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.message.includes('undefined'))
    return 'is missing';
  return issue.message;
};

/** The document in its shape. @throws WorkflowError */
export const shaped = <T>(source: Source, shape: z.ZodType<T>): T => {
  const parsed = shape.safeParse(source.value, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new WorkflowError(
    parsed.error.issues.flatMap((issue) => {
      const path = issue.path.filter((part) => typeof part !== 'symbol');
      if (issue.code === 'unrecognized_keys')
        return issue.keys.map((key) => source.problem([...path, key], `'${key}' is not known here`));
      return [source.problem(path, issueMessage(issue))];
    }),
  );
};
