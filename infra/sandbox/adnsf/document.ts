/** The OpenAPI document, and checks of requests and answers against it. It is the one place that says what is allowed. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { z } from 'zod';

const content = z.object({ 'application/json': z.object({ schema: z.record(z.string(), z.unknown()) }) });
const reference = z.object({ $ref: z.string() });
const parameter = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().default(false),
  schema: z.record(z.string(), z.unknown()),
});
const parameters = z.array(z.union([reference, parameter])).default([]);
const operation = z.object({
  operationId: z.string(),
  security: z.array(z.unknown()).optional(),
  parameters,
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), z.union([reference, z.object({ content: content.optional() })])),
});
const METHODS = ['get', 'post', 'patch', 'delete'] as const;
const pathItem = z.object({
  parameters,
  ...Object.fromEntries(METHODS.map((method) => [method, operation.optional()])),
});
const document = z.object({ paths: z.record(z.string(), pathItem) });

type Parameter = z.output<typeof parameter>;

export type Method = (typeof METHODS)[number];

/** Why something does not fit, for people; undefined when it does. */
export type Check = (value: unknown) => string | undefined;

export type Operation = Readonly<{
  id: string;
  method: Method;
  /** As a router wants it: `/api/v1/orders/:orderNumber`. */
  path: string;
  open: boolean;
  /** Turn texts into the numbers that the schemas ask for, and fill in defaults. */
  checkParameters: Readonly<Record<'path' | 'query' | 'header', Check>>;
  /** Undefined when the operation takes no body. */
  checkBody: Check | undefined;
  /** By status; a status that is not in the document has none. */
  checkAnswer: ReadonlyMap<number, Check>;
}>;

export type ApiDocument = Readonly<{ json: unknown; operations: readonly Operation[] }>;

const ID = 'adnsf';
const FILE = new URL('openapi.yaml', import.meta.url);

const explain = (errors: readonly ErrorObject[] | null | undefined): string =>
  (errors ?? []).map(({ instancePath, message }) => `${instancePath || 'it'} ${message ?? 'is wrong'}`).join('; ');

const checkOf =
  (validate: ValidateFunction): Check =>
  (value) =>
    validate(value) ? undefined : explain(validate.errors);

/** @throws when the document is not one: it is committed, so that is a bug */
export const openDocument = (): ApiDocument => {
  const json = parse(readFileSync(FILE, 'utf8')) as unknown;
  const exact = new Ajv2020({ strict: false, allErrors: true });
  const coercing = new Ajv2020({ strict: false, allErrors: true, coerceTypes: true, useDefaults: true });
  for (const ajv of [exact, coercing]) {
    addFormats.default(ajv);
    ajv.addSchema({ $id: ID, ...(json as object) });
  }
  const at = (pointer: string): unknown =>
    pointer
      .slice('#/'.length)
      .split('/')
      .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], json);
  const resolve = (given: z.output<typeof parameters>[number]): Parameter =>
    '$ref' in given ? parameter.parse(at(given.$ref)) : given;
  /** References in the document are to the document. */
  const anchored = (schema: unknown): object =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', `"${ID}#/components/`)) as object;

  const parameterCheck = (all: readonly Parameter[], where: Parameter['in']): Check => {
    const here = all.filter((each) => each.in === where);
    return checkOf(
      coercing.compile({
        type: 'object',
        required: here.filter((each) => each.required || where === 'path').map(({ name }) => name),
        // Headers are many, and most are none of ours; a query that is not understood is a mistake.
        ...(where === 'query' && { additionalProperties: false }),
        properties: Object.fromEntries(here.map(({ name, schema }) => [name, anchored(schema)])),
      }),
    );
  };

  const operations = Object.entries(document.parse(json).paths).flatMap(([path, item]) =>
    METHODS.flatMap((method): Operation[] => {
      const found = (item as Partial<Record<Method, z.output<typeof operation>>>)[method];
      if (found === undefined) return [];
      const all = [...item.parameters, ...found.parameters].map(resolve);
      const answers = Object.entries(found.responses).flatMap(([status, given]): [number, Check][] => {
        const response = '$ref' in given ? z.object({ content }).parse(at(given.$ref)) : given;
        const schema = response.content?.['application/json'].schema;
        return schema === undefined ? [] : [[Number(status), checkOf(exact.compile(anchored(schema)))]];
      });
      const body = found.requestBody?.content['application/json'].schema;
      return [
        {
          id: found.operationId,
          method,
          path: path.replaceAll(/\{(\w+)\}/g, ':$1'),
          open: found.security?.length === 0,
          checkParameters: {
            path: parameterCheck(all, 'path'),
            query: parameterCheck(all, 'query'),
            header: parameterCheck(all, 'header'),
          },
          checkBody: body === undefined ? undefined : checkOf(exact.compile(anchored(body))),
          checkAnswer: new Map(answers),
        },
      ];
    }),
  );
  return { json, operations };
};
