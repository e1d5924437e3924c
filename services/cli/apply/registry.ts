/** The few requests of a Confluent-compatible registry that apply needs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ActualSubject, Compatibility } from './plan.ts';

export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly status: number;
  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export interface RegistryAdmin {
  subjects(): Promise<ReadonlySet<string>>;
  /** What the registry has under the subject, and what it would say to the schema. */
  inspect(subject: string, schema: string): Promise<ActualSubject>;
  register(subject: string, schema: string): Promise<number>;
  setCompatibility(subject: string, level: Compatibility): Promise<void>;
}

/** Confluent says why in `messages`, Apicurio in `reason`. */
const verdict = z.object({
  is_compatible: z.boolean(),
  messages: z.array(z.string()).nullish(),
  reason: z.string().nullish(),
});
const level = z.object({ compatibilityLevel: z.string() });

export const registryAdmin = (url: string): RegistryAdmin => {
  const call = async (method: string, path: string, body?: object): Promise<{ status: number; json: unknown }> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const response = await fetch(`${url.replace(/\/$/, '')}${path}`, {
          method,
          headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(15_000),
        });
        const text = await response.text();
        if (response.status >= 500 && attempt < 5) throw new Error(`${response.status} ${text}`);
        return { status: response.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) };
      } catch (error) {
        if (attempt >= 5) throw new Error(`the schema registry does not answer at ${url}`, { cause: error });
        await sleep(100 * 2 ** attempt);
      }
    }
  };
  const answered = ({ status, json }: { status: number; json: unknown }, what: string): unknown => {
    if (status >= 200 && status < 300) return json;
    const said = (json as { message?: string } | undefined)?.message ?? JSON.stringify(json);
    throw new RegistryError(`schema registry, ${what}: ${status} ${said}`, status);
  };
  const at = encodeURIComponent;

  return {
    async subjects() {
      return new Set(z.array(z.string()).parse(answered(await call('GET', '/subjects'), 'subjects')));
    },
    async inspect(subject, schema) {
      const [known, configured, compatible] = await Promise.all([
        call('POST', `/subjects/${at(subject)}`, { schema }),
        call('GET', `/config/${at(subject)}`),
        call('POST', `/compatibility/subjects/${at(subject)}/versions?verbose=true`, { schema }),
      ]);
      if (known.status !== 404) answered(known, `looking up ${subject}`);
      if (configured.status !== 404) answered(configured, `compatibility of ${subject}`);
      const { is_compatible, messages, reason } = verdict.parse(answered(compatible, `checking ${subject}`));
      const said = [...(messages ?? []), reason ?? ''].filter((message) => message !== '');
      return {
        registered: known.status !== 404,
        compatibility: configured.status === 404 ? undefined : level.parse(configured.json).compatibilityLevel,
        incompatibilities: is_compatible ? [] : said.length > 0 ? said : ['the registry calls it incompatible'],
      };
    },
    async register(subject, schema) {
      const answer = answered(
        await call('POST', `/subjects/${at(subject)}/versions`, { schema }),
        `registering ${subject}`,
      );
      return z.object({ id: z.int() }).parse(answer).id;
    },
    async setCompatibility(subject, compatibility) {
      answered(await call('PUT', `/config/${at(subject)}`, { compatibility }), `compatibility of ${subject}`);
    },
  };
};
