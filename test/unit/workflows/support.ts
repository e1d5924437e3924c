/** Workflow documents for tests: small, valid, and changed where the case needs it. */
import { compileFiles, type Files } from '../../../services/order-stream/workflows/directory.ts';
import { WorkflowError } from '../../../services/order-stream/workflows/document/source.ts';
import type { Plan } from '../../../services/order-stream/workflows/plan.ts';
import type { Workflow } from '../../../services/order-stream/workflows/compile.ts';

export const settings = {
  stripeMethods: ['STRIPE'],
  captureOnShipment: [],
  offSession: [],
  shippedWithFirst: false,
  livemode: false,
};

/** A document whose steps are these, each line as it will stand in the file from line 7 on. */
export const documentOf = (steps: string, head: Readonly<Record<string, string | number>> = {}): string =>
  [
    `workflow: ${String(head['workflow'] ?? 'greeting')}`,
    `version: ${String(head['version'] ?? 1)}`,
    'aggregate: order',
    `activeFrom: ${String(head['activeFrom'] ?? '1970-01-01T00:00:00Z')}`,
    `starts: ${String(head['starts'] ?? 'placed.changedAt')}`,
    'steps:',
    steps.trim() === '' ? '' : steps.replace(/^\n/, '').trimEnd(),
    ...(head['rest'] === undefined ? [] : [String(head['rest'])]),
    '',
  ].join('\n');

/** Sends one ERP command, so that there is something to see. */
export const greeting = (template = 'hello'): string => `
  - needs: placed != null
  - send: NotifyCustomer
    id: greet/1
    cause: =placed.place
    at: placed.changedAt
    payload: { template: ${template}, email: "=default(placed.email, '')" }
`;

export const setOf = (files: Readonly<Record<string, string>>, environment = 'production') =>
  compileFiles(new Map(Object.entries(files)) satisfies Files, '/workflows', environment);

export const workflowOf = (text: string, beside: Readonly<Record<string, string>> = {}): Workflow => {
  return setOf({ 'greeting@1.yaml': text, ...beside }).get('greeting@1')!;
};

/** `line:column field: message` of each problem. */
export const problemsOf = (make: () => unknown): string[] => {
  try {
    make();
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    return error.problems.map(({ line, column, field, message }) => `${line}:${column} ${field}: ${message}`);
  }
  return [];
};

export const planOf = (workflow: Workflow, state: unknown): Plan => {
  const plan: Plan = { commands: [], holds: [], skip: () => false };
  workflow.plan(state, settings, plan);
  return plan;
};
