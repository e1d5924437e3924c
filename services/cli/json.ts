/** JSON with bigints as text: no reader may round an amount. */
export const jsonText = (value: unknown, indent = 2): string =>
  JSON.stringify(
    value,
    (_name, part: unknown): unknown => {
      if (typeof part === 'bigint') return String(part);
      return part instanceof Map ? Object.fromEntries(part as Map<string, unknown>) : part;
    },
    indent,
  );
