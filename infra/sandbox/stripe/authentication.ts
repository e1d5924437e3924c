import { timingSafeEqual } from 'node:crypto';
import { ApiError, unauthorized } from './errors.ts';
import type { Params } from './form.ts';
import type { Settings } from './options.ts';

const same = (left: string, right: string): boolean => {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
};

const credential = (header: string | undefined, params: Params): string | undefined => {
  const [scheme, value] = header?.split(' ') ?? [];
  if (scheme === 'Bearer') return value;
  if (scheme === 'Basic')
    return Buffer.from(value ?? '', 'base64')
      .toString()
      .split(':')[0];
  return typeof params['key'] === 'string' ? params['key'] : undefined;
};

/**
 * Whose key a request carries: in Authorization, or in the `key` parameter as browsers send it.
 * @throws ApiError 401 when it is not one of ours, or is the publishable key where that is not enough
 */
export const authenticate = (
  settings: Settings,
  header: string | undefined,
  params: Params,
  publishableAllowed: boolean,
): 'secret' | 'publishable' => {
  const key = credential(header, params);
  if (key === undefined || key === '')
    throw unauthorized('No API key was given. Send it as a bearer token in the Authorization header.');
  if (same(key, settings.secretKey)) return 'secret';
  if (!same(key, settings.publishableKey))
    throw unauthorized(`Invalid API Key provided: ${key.slice(0, 8)}****${key.slice(-4)}`, 'api_key_invalid');
  if (publishableAllowed) return 'publishable';
  throw new ApiError(
    401,
    {
      type: 'invalid_request_error',
      code: 'secret_key_required',
      message: 'This call needs the secret key, and a publishable key was given.',
    },
    'validation',
  );
};
