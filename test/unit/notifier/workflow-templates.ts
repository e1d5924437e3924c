import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const directory = join(import.meta.dirname, '../../../workflows');

/** Literal templates in whatever is sent to people, however deep it stands. */
const templatesIn = (node: unknown): string[] => {
  if (Array.isArray(node)) return node.flatMap(templatesIn);
  if (typeof node !== 'object' || node === null) return [];
  const { send, payload } = node as { send?: unknown; payload?: { template?: unknown } };
  const isNotice = send === 'NotifyCustomer' || send === 'NotifyMerchant';
  const own = isNotice && typeof payload?.template === 'string' && !payload.template.startsWith('=');
  return [...(own ? [payload.template as string] : []), ...Object.values(node).flatMap(templatesIn)];
};

/** Names of the templates that the workflows send. */
export const readCatalogOfWorkflows = (): readonly string[] =>
  readdirSync(directory)
    .filter((file) => /@\d+\.yaml$/.test(file))
    .flatMap((file) => templatesIn(parse(readFileSync(join(directory, file), 'utf8'))));
