import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { activity, checkedText } from '../../../services/cli/workflow/check.ts';
import { diffText } from '../../../services/cli/workflow/diff.ts';
import { seal } from '../../../services/cli/workflow/seal.ts';
import { playedText, playExamples } from '../../../services/cli/workflow/test.ts';
import { DEFAULT_DIRECTORY, loadWorkflows, readFiles } from '../../../services/order-stream/workflows/directory.ts';
import { jsonSchema } from '../../../services/order-stream/workflows/document/shape.ts';
import { functions } from '../../../services/order-stream/workflows/expression/functions.ts';
import { problemsOf, setOf } from './support.ts';

let copy: string | undefined;
afterEach(() => {
  if (copy !== undefined) rmSync(copy, { recursive: true });
  copy = undefined;
});
const copied = (): string => {
  copy = mkdtempSync(join(tmpdir(), 'millrace-workflows-'));
  cpSync(DEFAULT_DIRECTORY, copy, { recursive: true });
  return copy;
};
const edit = (directory: string, file: string, from: string, to: string): void => {
  const text = readFileSync(join(directory, file), 'utf8');
  expect(text).toContain(from);
  writeFileSync(join(directory, file), text.replace(from, to));
};

describe('the workflows of the product', () => {
  it('have examples, and all of them are as told', () => {
    const { results, without } = playExamples(DEFAULT_DIRECTORY);
    expect(results.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(results.length).toBeGreaterThan(0);
    expect(without).toEqual([]);
  });

  it('are active as it says', () => {
    expect(activity(loadWorkflows()).rows.map(([id]) => id)).toContain('order-to-cash@1');
    expect(checkedText(DEFAULT_DIRECTORY, 'production')).toContain('order-to-cash@1');
  });

  it('and any document have the JSON Schema that editors are given', () => {
    const schema: unknown = JSON.parse(readFileSync(join(DEFAULT_DIRECTORY, 'workflow.schema.json'), 'utf8'));
    // `./millrace workflow schema > workflows/workflow.schema.json` brings it up to date.
    expect(schema).toEqual(JSON.parse(JSON.stringify(jsonSchema())));
    const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });
    const valid = ajv.compile(schema as object);
    for (const [file, text] of readFiles(DEFAULT_DIRECTORY)) {
      if (!/@\d+\.yaml$/.test(file)) continue;
      valid(parse(text, { merge: true }));
      expect(valid.errors ?? [], file).toEqual([]);
    }
    expect(valid({ workflow: 'x' })).toBe(false);
  });
});

describe('an example that goes otherwise', () => {
  it('is told line by line, where it stands', () => {
    const directory = copied();
    edit(directory, 'order-to-cash@1.examples.yaml', 'total: 3744, paymentReference', 'total: 3745, paymentReference');
    const text = playedText(playExamples(directory));
    expect(text).toMatch(/FAIL {2}order-to-cash@1: collected by Stripe[^]*-\s+total: 3745\n *\+\s+total: 3744/);
    expect(text).toMatch(/examples\.yaml:\d+:\d+: examples\[0\]\.story\[\d\]: went otherwise/);
  });

  it('as does a command that nobody expects, and one that does not come', () => {
    const directory = copied();
    edit(directory, 'order-to-cash@1.yaml', 'id: request-shipping-label/1', 'id: ask-for-label/1');
    const text = playedText(playExamples(directory));
    expect(text).toMatch(/-\s+(- id: )?request-shipping-label/);
    expect(text).toMatch(/\+\s+- id: ask-for-label/);
  });

  it('and a fact or a field that there is not is a problem of the examples', () => {
    const directory = copied();
    edit(directory, 'order-to-cash@1.examples.yaml', 'giftCard: 3745', 'giftcard: 3745');
    expect(problemsOf(() => playExamples(directory)).join()).toContain(
      "AssembledOrder has no field 'giftcard'; did you mean 'giftCard'?",
    );
  });
});

describe('a sealed version', () => {
  it('cannot be edited or removed, but made a new one', () => {
    const directory = copied();
    expect(seal(directory, ['order-to-cash@1'])).toEqual(['order-to-cash@1']);
    const others = loadWorkflows(directory)
      .all.map(({ id }) => id)
      .filter((id) => id !== 'order-to-cash@1');
    expect([...seal(directory, [])].sort()).toEqual([...others].sort());
    expect(seal(directory, [])).toEqual([]);
    edit(directory, 'order-to-cash@1.yaml', 'title: nothing to pay', 'title: free');
    expect(problemsOf(() => loadWorkflows(directory)).join()).toContain('says something else than when it was sealed');
    rmSync(join(directory, 'order-to-cash@1.yaml'));
    cpSync(join(DEFAULT_DIRECTORY, 'order-to-cash@1.yaml'), join(directory, 'order-to-cash@2.yaml'));
    edit(directory, 'order-to-cash@2.yaml', 'version: 1', 'version: 2');
    expect(problemsOf(() => loadWorkflows(directory)).join()).toContain('is sealed and gone');
  });
});

describe('a difference', () => {
  it('keeps what both have', () => {
    expect(diffText('a\nb\nc', 'a\nx\nc\nd')).toBe('  a\n- b\n+ x\n  c\n+ d');
    expect(diffText('a', 'a')).toBe('  a');
  });
});

describe('the guide', () => {
  const guide = readFileSync(join(DEFAULT_DIRECTORY, 'README.md'), 'utf8');

  it('shows a workflow that is valid', () => {
    const text = /```yaml\n([^]*?)```/.exec(guide)![1]!;
    expect(setOf({ 'refund-notice@1.yaml': text }).all.map(({ id }) => id)).toEqual(['refund-notice@1']);
  });

  it('names every function', () => {
    for (const name of functions.keys()) expect(guide).toMatch(new RegExp(`\`${name}(\\(|\`)`));
  });
});
