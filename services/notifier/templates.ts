/**
 * What people are told, as documents: one YAML file per template, `{subject, text}`, with holes such as `{order_number}`.
 * `{name}` is the customer's; the other holes are the notification's data.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { FatalError, PoisonError } from '../runtime/errors.ts';

export type Template = Readonly<{ subject: string; text: string }>;
export type Templates = ReadonlyMap<string, Template>;

export type Message = Readonly<{ subject: string; text: string }>;

const shape = z.strictObject({ subject: z.string().regex(/^[^\r\n]+$/, 'one line'), text: z.string().min(1) });

/** By name, which is the file's. @throws FatalError naming the file that is none */
export const readTemplates = (directory: string): Templates => {
  const files = readdirSync(directory).filter((file) => file.endsWith('.yaml'));
  return new Map(
    files.map((file) => {
      const read = shape.safeParse(parse(readFileSync(join(directory, file), 'utf8')));
      if (!read.success) throw new FatalError(`${join(directory, file)}: ${z.prettifyError(read.error)}`);
      return [file.slice(0, -'.yaml'.length), read.data];
    }),
  );
};

const hole = /\{(\w+)\}/g;

/** Whether a template has a hole of that name. */
export const wants = (templates: Templates, template: string, name: string): boolean => {
  const found = templates.get(template);
  return found !== undefined && `${found.subject}${found.text}`.includes(`{${name}}`);
};

/**
 * @param name of the customer; without one the greeting is for a customer
 * @throws PoisonError `unknown_template`, or `missing_data` naming the hole that nothing fills
 */
export const fill = (
  templates: Templates,
  template: string,
  name: string | null,
  data: Readonly<Record<string, string>>,
): Message => {
  const found = templates.get(template);
  if (found === undefined)
    throw new PoisonError(
      'unknown_template',
      `no template '${template}'; there is ${[...templates.keys()].join(', ')}`,
    );
  const values = new Map(Object.entries({ ...data, name: name ?? 'customer' }));
  const filled = (text: string): string =>
    text.replaceAll(hole, (_match, key: string) => {
      const value = values.get(key);
      if (value === undefined)
        throw new PoisonError('missing_data', `template '${template}' wants '${key}', which was not given`);
      return value;
    });
  // A line break in somebody's name must not begin a header of its own.
  return { subject: filled(found.subject).replaceAll(/[\r\n]+/g, ' '), text: filled(found.text) };
};
