/**
 * Writes generated/types.ts from the .avsc files: one TypeScript type per record, named after it; envelopes of database
 * tables and commands' nested records get their namespace's last part where names would clash.
 *
 * Usage: node schemas/generate.ts [--check]
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Avro = string | readonly Avro[] | AvroObject;
type AvroObject = {
  type: Avro;
  name?: string;
  namespace?: string;
  doc?: string;
  fields?: readonly { name: string; type: Avro; doc?: string }[];
  items?: Avro;
  values?: Avro;
  symbols?: readonly string[];
};

const primitives: Record<string, string> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  float: 'number',
  double: 'number',
  long: 'bigint',
  string: 'string',
  bytes: 'Buffer',
};

const comment = (doc: string | undefined, indent: string): string => (doc ? `${indent}/** ${doc} */\n` : '');

/** `adnsf.AspDotNetStorefront.dbo.Orders.Value` → `OrdersValue`; `millrace.erp.Address` → `ErpAddress`. */
const typeName = (fullName: string): string => {
  const parts = fullName.split('.');
  const name = parts.at(-1)!;
  const owner = parts.at(-2) ?? '';
  const prefix =
    fullName.startsWith('adnsf.') || /^millrace\.\w+\.(Address|OrderLine)$/.test(fullName)
      ? owner.replaceAll(/(^|_)(\w)/g, (_, __, letter: string) => letter.toUpperCase())
      : '';
  return prefix + name;
};

/** The generated module's text. */
export const generate = (schemas: readonly string[]): string => {
  const declared = new Map<string, string>();
  const visit = (schema: Avro, namespace: string): string => {
    if (typeof schema === 'string')
      return primitives[schema] ?? typeName(schema.includes('.') ? schema : `${namespace}.${schema}`);
    if (Array.isArray(schema)) return [...new Set(schema.map((branch: Avro) => visit(branch, namespace)))].join(' | ');
    const object = schema as AvroObject;
    if (object.type === 'array') {
      const item = visit(object.items!, namespace);
      return item.includes('|') ? `readonly (${item})[]` : `readonly ${item}[]`;
    }
    if (object.type === 'map') return `Readonly<Record<string, ${visit(object.values!, namespace)}>>`;
    if (object.type !== 'record') return visit(object.type, namespace);
    const space = object.namespace ?? namespace;
    const fullName = `${space}.${object.name!}`;
    const name = typeName(fullName);
    const isCommand =
      object.fields!.some((field) => field.name === 'commandId') &&
      object.fields!.some((field) => field.name === 'payload');
    const fields = object.fields!.map((field) => {
      const type =
        isCommand && field.name === 'type'
          ? `'${object.name!}'`
          : isCommand && field.name === 'target'
            ? `'${space.split('.').at(-1)!}'`
            : visit(field.type, space);
      return `${comment(field.doc, '  ')}  readonly ${field.name}: ${type};\n`;
    });
    const text = `${comment(object.doc, '')}export type ${name} = {\n${fields.join('')}};\n`;
    const before = declared.get(name);
    if (before !== undefined && before !== text)
      throw new Error(`two different records are named ${name} (${fullName})`);
    declared.set(name, text);
    return name;
  };
  for (const schema of schemas) visit(JSON.parse(schema) as Avro, '');
  return `// Generated from schemas/*.avsc by schemas/generate.ts. Do not edit.\n\n${[...declared.values()].join('\n')}`;
};

const here = fileURLToPath(new URL('.', import.meta.url));

/** The texts of all schemas, in the order of their paths. */
export const allSchemas = (): string[] =>
  readdirSync(here, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.avsc'))
    .sort()
    .map((file) => readFileSync(here + file, 'utf8'));

if (import.meta.main) {
  const output = `${here}generated/types.ts`;
  const text = generate(allSchemas());
  if (process.argv.includes('--check')) {
    if (readFileSync(output, 'utf8') !== text) {
      console.error('schemas/generated/types.ts is not what the schemas say: run `npm run generate`');
      process.exitCode = 1;
    }
  } else writeFileSync(output, text);
}
