/** Exits 0 when the given URL answers below status 500, 1 otherwise: a container's health check without curl. */
const [url] = process.argv.slice(2);
if (url === undefined) throw new Error('usage: node infra/docker/healthcheck.ts <url>');
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
  await response.arrayBuffer();
  if (response.status >= 500) throw new Error(`${url} answered ${response.status}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
