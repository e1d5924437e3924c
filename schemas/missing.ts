/** Says in words what a library's "cannot read A as B" leaves out. */
import { once } from './avro.ts';

type Node = string | readonly Node[] | Readonly<{ type: Node; name?: string; fields?: readonly Field[] }>;
type Field = Readonly<{ name: string; type: Node; default?: unknown }>;

/** Fields of all records within, by the record's name. */
const recordsIn = (node: Node, into = new Map<string, readonly Field[]>()): ReadonlyMap<string, readonly Field[]> => {
  if (typeof node === 'string') return into;
  if ('type' in node) {
    if (node.name !== undefined && node.fields !== undefined) into.set(node.name, node.fields);
    for (const { type } of node.fields ?? []) recordsIn(type, into);
    if (typeof node.type !== 'string') recordsIn(node.type, into);
  } else for (const branch of node) recordsIn(branch, into);
  return into;
};

const plain = (name: string): string => name.split('.').at(-1)!;

/** Fields without a default that the reader must have and the writer never wrote, as `Record.field`. */
export const missingFields: (reader: string, writer: string) => readonly string[] = once((reader, writer) => {
  const written = new Map(
    [...recordsIn(JSON.parse(writer) as Node)].map(([name, fields]) => [
      plain(name),
      new Set(fields.map((field) => field.name)),
    ]),
  );
  return [...recordsIn(JSON.parse(reader) as Node)].flatMap(([name, fields]) => {
    const has = written.get(plain(name));
    return has === undefined
      ? []
      : fields
          .filter((field) => field.default === undefined && !has.has(field.name))
          .map((each) => `${plain(name)}.${each.name}`);
  });
});
