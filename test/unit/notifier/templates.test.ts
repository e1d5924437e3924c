import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCatalogOfWorkflows } from './workflow-templates.ts';
import { fill, readTemplates } from '../../../services/notifier/templates.ts';

const shipped = join(import.meta.dirname, '../../../services/notifier/templates');

describe('templates', () => {
  it('are filled with the name and what the notification says', () => {
    const message = fill(readTemplates(shipped), 'payment_declined', 'Ada', { order_number: '7', reason: 'No funds.' });
    expect(message.subject).toBe('Your payment for order 7 was declined');
    expect(message.text).toContain('Dear Ada,');
    expect(message.text).toContain('No funds.');
  });

  it('greet somebody whose name nobody knows', () => {
    expect(fill(readTemplates(shipped), 'payment_declined', null, { order_number: '7', reason: 'x' }).text).toContain(
      'Dear customer,',
    );
  });

  it('take what fills them as it is, without holes or header lines of its own', () => {
    const templates = new Map([['t', { subject: 'To {name}', text: '{name}: {reason}' }]]);
    const message = fill(templates, 't', 'A\r\nBcc: b@example.com', { reason: '{name} $& {order_number}' });
    expect(message).toEqual({
      subject: 'To A Bcc: b@example.com',
      text: 'A\r\nBcc: b@example.com: {name} $& {order_number}',
    });
  });

  it('that are not there, or lack something, are told with what there is', () => {
    const templates = readTemplates(shipped);
    expect(() => fill(templates, 'welcome', null, {})).toThrow(/no template 'welcome'; there is .*payment_declined/);
    expect(() => fill(templates, 'payment_declined', null, { order_number: '7' })).toThrow(/wants 'reason'/);
  });

  it('are there for every template that a workflow names', () => {
    const named = readCatalogOfWorkflows();
    expect(named).toContain('payment_declined');
    expect(named.filter((name) => !readTemplates(shipped).has(name))).toEqual([]);
  });

  it('name the file that is none', () => {
    const directory = mkdtempSync(join(tmpdir(), 'templates-'));
    try {
      writeFileSync(join(directory, 'odd.yaml'), 'subject: x\nbody: y\n');
      expect(() => readTemplates(directory)).toThrow(/odd\.yaml/);
      expect(readFileSync(join(directory, 'odd.yaml'), 'utf8')).toContain('body');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
