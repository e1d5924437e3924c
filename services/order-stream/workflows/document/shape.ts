/** The shape of a workflow document. What its expressions mean is checked where they are compiled. */
import { z } from 'zod';

export const NEVER = 'never';

/** An instant with its zone, as epoch milliseconds; `never`: not active. */
const activeFrom = z
  .union(
    [
      z.literal(NEVER),
      z.iso.datetime({ offset: true, error: "must be a time such as 2026-03-01T00:00:00Z, or 'never'" }),
    ],
    {
      error: "must be a time such as 2026-03-01T00:00:00Z, or 'never'",
    },
  )
  .describe('Event time from which orders start with this version; never: not yet, or no more.');

const name = z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be small letters, digits and hyphens');
const variable = z.string().regex(/^[a-z][A-Za-z0-9]*$/, 'must be a name such as payable or fullName');
const expression = z
  .union([z.string().min(1), z.boolean()])
  .describe('An expression, such as: paid != null and paid.amount == payable');
const value = z
  .unknown()
  .describe('=expression, or text with holes such as "Order {order.orderId}", or a record or list of such values.');
const template = z.string().min(1).describe('Text with {holes}, or =expression.');
const bindings = z.record(variable, value).describe('Names for values, to be used below.');

const table = z
  .union([
    z.strictObject({ file: z.string().regex(/^[\w][\w./-]*\.ya?ml$/, 'must be a .yaml file beside the document') }),
    z.record(z.string(), z.union([z.string(), z.int(), z.boolean()])),
  ])
  .describe('Rows of a lookup table, or the file that has them.');

const holdShape = z.strictObject({
  code: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, 'must be a word such as amount_mismatch')
    .describe('What operators filter by.'),
  message: template,
  id: template.optional().describe('Tells several holds of one code apart. One of a code and id is told once.'),
});

const what = ['needs', 'let', 'use', 'send', 'hold', 'choose', 'steps'] as const;

const stepObject = z.strictObject({
  title: z.string().optional().describe('What it is for.'),
  when: expression.optional().describe('The step is taken only when this is so.'),
  needs: expression.optional().describe('The steps behind this one, in the same list, wait until this is so.'),
  forEach: z
    .string()
    .regex(/^.+ as [a-z][A-Za-z0-9]*$/s, "must be '<list> as <name>'")
    .optional()
    .describe('Once for each of a list: refunds as refund.'),
  let: bindings.optional(),
  use: name.optional().describe('The steps of a block, as if they stood here.'),
  send: z.string().optional().describe('The type of a command.'),
  id: template.optional().describe('<intent>/<which>: with the aggregate before it, the id of the command for ever.'),
  cause: template.optional().describe('The event behind it. Holds for the steps in this one too.'),
  at: expression.optional().describe('Event time. Holds for the steps in this one too.'),
  payload: z.record(z.string(), value).optional(),
  hold: holdShape.optional().describe('Stop here: a person has to look.'),
  get choose() {
    return z
      .array(
        z.strictObject({
          title: z.string().optional(),
          when: expression.optional(),
          otherwise: z.literal(true).optional(),
          let: bindings.optional(),
          cause: template.optional(),
          at: expression.optional(),
          steps: steps,
        }),
      )
      .min(1)
      .optional()
      .describe('The first branch whose condition holds.');
  },
  get steps() {
    return steps.optional().describe('Steps of their own: what stops one of them stops these only.');
  },
});

const step = stepObject.superRefine((given, context) => {
  const refuse = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', message, path });
  const kinds = what.filter((key) => given[key] !== undefined && (key !== 'let' || given.forEach === undefined));
  const acts = kinds.filter((key) => key !== 'let');
  if (kinds.length === 0) refuse(`must have one of ${what.join(', ')}`);
  if (acts.length > 1) refuse(`has both '${acts[0]!}' and '${acts[1]!}': these are two steps`, acts[1]!);
  if (acts[0] === undefined && given.forEach !== undefined)
    refuse("has 'forEach' and nothing to do for each", 'forEach');
  if (given.needs !== undefined)
    for (const key of ['when', 'forEach', 'let', 'cause', 'at'] as const)
      if (given[key] !== undefined) refuse(`does not go with 'needs'`, key);
  if (acts.length === 0 && given.when !== undefined)
    refuse('a name that is there only sometimes cannot be used: put the condition into the value with if(…)', 'when');
  if (acts.length === 0)
    for (const key of ['cause', 'at'] as const)
      if (given[key] !== undefined) refuse("does not go with 'let' alone", key);
  if (given.send === undefined) {
    for (const key of ['id', 'payload'] as const) if (given[key] !== undefined) refuse("goes with 'send' only", key);
  } else if (given.id === undefined) refuse("a command needs its 'id', such as create-payment-intent/1", 'send');
});

const steps = z.array(step).min(1);

export const documentShape = z.strictObject({
  workflow: name.describe('Its name. With the version it is the name of the file: order-to-cash@1.yaml.'),
  version: z.int().positive(),
  title: z.string().optional(),
  description: z.string().optional(),
  aggregate: z.string().describe('Whose state it reads: order.'),
  activeFrom,
  environments: z
    .record(name, z.strictObject({ activeFrom }))
    .optional()
    .describe('Environments that activate it at another time, by the name in MILLRACE_ENVIRONMENT.'),
  after: z.array(name).optional().describe('Workflows of the same aggregate whose commands go before.'),
  starts: expression.describe('The time at which it begins, or null: it has not. Decides which version it stays with.'),
  tables: z.record(variable, table).optional(),
  blocks: z.record(name, z.strictObject({ title: z.string().optional(), steps })).optional(),
  steps,
});

export type WorkflowDocument = z.infer<typeof documentShape>;
export type Step = z.infer<typeof step>;
export type HoldShape = z.infer<typeof holdShape>;

/** The keys of a step that are conditions, in words for tools. */
export const jsonSchema = (): object => ({
  ...z.toJSONSchema(documentShape, { io: 'input', unrepresentable: 'any' }),
  title: 'Millrace workflow',
});
