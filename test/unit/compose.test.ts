import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { SERVICES } from '../../infra/local/supervisor.ts';

const ROOT = join(import.meta.dirname, '../..');
const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');

const dependency = z.strictObject({
  condition: z.enum(['service_healthy', 'service_completed_successfully', 'service_started']),
});
const healthcheck = z.union([
  z.strictObject({ disable: z.literal(true) }),
  z.object({ test: z.array(z.string()).min(2), interval: z.string(), retries: z.int() }),
]);
const service = z.object({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  command: z.array(z.string()).optional(),
  network_mode: z.string().optional(),
  restart: z.string(),
  depends_on: z.record(z.string(), dependency).default({}),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  healthcheck: healthcheck.optional(),
});
type Service = z.infer<typeof service>;

const compose = z
  .object({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.unknown()) })
  .parse(parse(text, { merge: true }));
const services = Object.entries(compose.services);
const ours = services.filter(([, { image }]) => image.startsWith('millrace:'));

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const sourceOf = (volume: string): string => volume.split(':')[0]!;
const isOnce = ({ restart }: Service): boolean => restart === 'no';

describe('docker-compose.yml', () => {
  it('runs every service of ours', () => {
    const commands = ours.map(([, { command }]) => command?.[0]);
    for (const name of SERVICES) expect(commands).toContain(`services/${name}/main.ts`);
  });

  it.each(services)('%s: every file it names exists', (_name, { build, command, volumes }) => {
    if (build !== undefined) expect(existsSync(join(ROOT, build.dockerfile)), build.dockerfile).toBe(true);
    const entry = command?.[0];
    if (entry !== undefined) expect(existsSync(join(ROOT, entry)), entry).toBe(true);
    for (const source of volumes.map(sourceOf)) {
      if (source.startsWith('.')) expect(existsSync(join(ROOT, source)), source).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  });

  it.each(services)('%s: its image is pinned', (_name, { image }) => {
    expect(image).toMatch(/:\S*\d+\.\d+\S*$|:2022-CU\d+-\S+$/);
    expect(image).not.toMatch(/:latest$/);
  });

  it.each(services)('%s: it has a health check, or ends by itself', (_name, definition) => {
    expect(definition.healthcheck).toBeDefined();
    const disabled = definition.healthcheck !== undefined && 'disable' in definition.healthcheck;
    expect(disabled).toBe(isOnce(definition));
  });

  it.each(services)('%s: what waits for it waits for what it has', (_name, { depends_on }) => {
    for (const [needed, { condition }] of Object.entries(depends_on)) {
      const definition = compose.services[needed];
      expect(definition, needed).toBeDefined();
      expect(condition).toBe(isOnce(definition!) ? 'service_completed_successfully' : 'service_healthy');
    }
  });

  it.each(services)('%s: published ports are on the loopback interface', (_name, { ports }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('holds no secret: each comes from .env and its absence is an error', () => {
    const required = [...text.matchAll(/\$\{([A-Z_0-9]+):\?/g)].map((match) => match[1]!);
    const offered = [...read('.env.example').matchAll(/^([A-Z_0-9]+)=(.*)$/gm)];
    expect(new Set(required)).toEqual(new Set(offered.map((match) => match[1]!)));
    for (const [line, , value] of offered) expect(value, line).toBe('');
    for (const [name, { environment }] of services) {
      for (const [variable, value] of Object.entries(environment)) {
        if (/PASSWORD|SECRET|_KEY/.test(variable)) expect(value, `${name} ${variable}`).toMatch(/^\$\{[A-Z_]+:\?/);
      }
    }
  });

  it.each(ours.filter(([, { command }]) => command?.[0]?.startsWith('services/') === true))(
    '%s: it gets every variable that its program requires',
    (_name, { command, environment }) => {
      for (const variable of requiredBy(command![0]!)) expect(Object.keys(environment)).toContain(variable);
    },
  );

  it('gives Connect every variable that a connector names', () => {
    const named = [...read('connectors/adnsf-sqlserver.json').matchAll(/\$\{env:([A-Z_]+)\}/g)].map(
      (match) => match[1]!,
    );
    expect(named.length).toBeGreaterThan(0);
    const given = Object.keys(compose.services['connect']!.environment);
    for (const variable of named) expect(given).toContain(variable);
  });

  it('gives the scripts of the database every variable that they use', () => {
    const given = Object.keys(compose.services['sqlserver-init']!.environment);
    const scripts = readdirSync(join(ROOT, 'connectors/sql')).map((file) => read(`connectors/sql/${file}`));
    const used = new Set(scripts.flatMap((script) => [...script.matchAll(/\$\((\w+)\)/g)].map((match) => match[1]!)));
    expect(used.size).toBeGreaterThan(0);
    for (const variable of used) expect(given).toContain(variable);
  });

  it('logs in as users that the scripts make', () => {
    const made = [...read('connectors/sql/logins.sql').matchAll(/CREATE LOGIN \[(\w+)\]/g)].map((match) => match[1]!);
    const used = services.flatMap(([, { environment }]) =>
      Object.entries(environment).flatMap(([name, value]) => (/_(SQL|CDC)_USER$/.test(name) ? [value] : [])),
    );
    expect(new Set(used)).toEqual(new Set(made));
  });

  it('configures Connect as the stack without Docker does', () => {
    const worker = read('infra/docker/connect-worker.properties');
    for (const setting of [
      'exactly.once.source.support=enabled',
      'config.providers.env.param.allowlist.pattern=MILLRACE_.*',
      'plugin.discovery=service_load',
    ]) {
      expect(worker.split('\n')).toContain(setting);
    }
  });

  it('runs the Kafka that the pom names', () => {
    const version = /<kafka.version>(.+)<\/kafka.version>/.exec(read('infra/local/pom.xml'))![1]!;
    expect(compose.services['kafka']!.image).toBe(`apache/kafka:${version}`);
    expect(read('infra/docker/connect.Dockerfile')).toContain(`FROM apache/kafka:${version}\n`);
    const apicurio = /<apicurio.version>(.+)<\/apicurio.version>/.exec(read('infra/local/pom.xml'))![1]!;
    expect(compose.services['registry']!.image.endsWith(`:${apicurio}`)).toBe(true);
  });
});

describe.each(['infra/docker/Dockerfile', 'infra/docker/connect.Dockerfile'])('%s', (file) => {
  const lines = read(file).split('\n');

  it('copies what exists', () => {
    const copied = lines.flatMap((line) => /^COPY (?!--from)(.+) \S+$/.exec(line)?.[1]?.split(' ') ?? []);
    expect(copied.length).toBeGreaterThan(0);
    for (const path of copied) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  it('lets its ignore file pass what it copies', () => {
    const passed = read(`${file}.dockerignore`)
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = lines.flatMap((line) => /^COPY (?!--from)(.+) \S+$/.exec(line)?.[1]?.split(' ') ?? []);
    expect(new Set(passed)).toEqual(new Set(copied));
  });

  it('pins its bases and does not run as root', () => {
    const bases = lines.flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? []);
    for (const base of bases) expect(base).toMatch(/:\d+\.\d+/);
    expect(lines.findLast((line) => line.startsWith('USER '))).toMatch(/^USER (node|appuser)$/);
  });
});

/** Variables without a default in the program's own list and, for services, in that of all services. */
function requiredBy(main: string): string[] {
  const own = main === 'services/cli/main.ts' ? 'services/cli/environment.ts' : main;
  const files = [own, 'services/platform/variables.ts'];
  const lists = files.map((file) => read(file).match(/ariables = \{([\s\S]*?)\n\}/)?.[1] ?? '');
  const entries = lists.flatMap((list) => list.split(/\n {2}(?=MILLRACE_)/));
  return entries.flatMap((entry) => {
    const name = /^\s*(MILLRACE_[A-Z0-9_]+):/.exec(entry)?.[1];
    const optional = /\.(default|optional)\(|commonVariables\./.test(entry);
    return name === undefined || optional ? [] : [name];
  });
}
