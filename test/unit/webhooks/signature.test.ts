import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { refuseSignature, type SignatureCheck } from '../../../services/webhooks/signature.ts';

const now = 1_780_000_000;
const body = Buffer.from('{"id":"evt_1", "a":1}');
const sign = (secret: string, at: number | string = now, bytes: Buffer = body): string =>
  createHmac('sha256', secret).update(`${at}.`).update(bytes).digest('hex');
const check = (header: string | undefined, over: Partial<SignatureCheck> = {}) =>
  refuseSignature({ header, body, secrets: ['whsec_new', 'whsec_old'], now, toleranceSeconds: 300, ...over });

describe('signature', () => {
  it('is good under any valid secret and among any number of signatures', () => {
    expect(check(`t=${now},v1=${sign('whsec_new')}`)).toBeUndefined();
    expect(check(`t=${now},v1=${sign('whsec_old')}`)).toBeUndefined();
    expect(check(`t=${now}, v1=${'0'.repeat(64)}, v1=${sign('whsec_old')}, v0=abc, v9=x`)).toBeUndefined();
    expect(check(`v1=${sign('whsec_new')},t=${now}`)).toBeUndefined();
  });

  it('is missing, or malformed', () => {
    expect(check(undefined)).toBe('signature_missing');
    expect(check('')).toBe('signature_missing');
    const malformed = [
      'nonsense',
      `v1=${sign('whsec_new')}`,
      `t=${now}`,
      `t=,v1=${sign('whsec_new')}`,
      `t=soon,v1=${sign('whsec_new')}`,
      `t=-${now},v1=${sign('whsec_new')}`,
      `t=${now},v0=${sign('whsec_new')}`,
      `t=${now},v1=${sign('whsec_new').slice(1)}`,
      `t=${now},t=${now},v1=${sign('whsec_new')}`,
    ];
    for (const header of malformed) expect(check(header), header).toBe('signature_malformed');
  });

  it('is wrong for other secrets, other bytes, other times', () => {
    expect(check(`t=${now},v1=${sign('whsec_else')}`)).toBe('signature_wrong');
    expect(check(`t=${now},v1=${sign('whsec_new')}`, { body: Buffer.from('{"id":"evt_1","a":1}') })).toBe(
      'signature_wrong',
    );
    expect(check(`t=${now + 1},v1=${sign('whsec_new')}`)).toBe('signature_wrong');
    expect(check(`t=${now},v1=${sign('whsec_new')}`, { secrets: [] })).toBe('signature_wrong');
  });

  it('has a window, to the second, in both directions', () => {
    const at = (seconds: number) => check(`t=${now + seconds},v1=${sign('whsec_new', now + seconds)}`);
    expect([at(-300), at(300)]).toEqual([undefined, undefined]);
    expect([at(-301), at(301)]).toEqual(['signature_too_old', 'signature_in_future']);
  });

  it('says nothing about the window to who cannot sign', () => {
    expect(check(`t=1,v1=${sign('whsec_else', 1)}`)).toBe('signature_wrong');
  });
});
