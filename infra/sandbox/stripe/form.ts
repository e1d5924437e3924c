/** Decoded request parameters. Arrays are records with numeric keys, because metadata may have numeric keys as well. */
export interface Params {
  [key: string]: ParamValue;
}
export type ParamValue = string | Params;

const empty = (): Params => Object.create(null) as Params;

const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));

const pathOf = (key: string): string[] => {
  const open = key.indexOf('[');
  if (open < 0) return [key];
  return [key.slice(0, open), ...Array.from(key.slice(open).matchAll(/\[([^\]]*)\]/g), (match) => match[1] ?? '')];
};

const put = (root: Params, path: string[], value: string): void => {
  let node = root;
  path.forEach((step, depth) => {
    const key = step === '' ? String(Object.keys(node).length) : step;
    if (depth === path.length - 1) {
      node[key] = value;
      return;
    }
    const next = node[key];
    if (typeof next === 'object') {
      node = next;
    } else {
      const created = empty();
      node[key] = created;
      node = created;
    }
  });
};

/** Reads an `application/x-www-form-urlencoded` text with bracketed keys. @throws URIError on a broken escape. */
export const decodeForm = (text: string): Params => {
  const root = empty();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    put(root, pathOf(decode(at < 0 ? pair : pair.slice(0, at))), at < 0 ? '' : decode(pair.slice(at + 1)));
  }
  return root;
};

/** One text per meaning: the same parameters in another order give the same text. */
export const canonical = (value: ParamValue): string =>
  typeof value === 'string'
    ? JSON.stringify(value)
    : `{${Object.keys(value)
        .sort()
        .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? '')}`)
        .join(',')}}`;
