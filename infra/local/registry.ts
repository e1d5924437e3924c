import { mkdir, readdir } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { httpProbe } from './health.ts';
import { jvmFlags } from './jvm.ts';
import type { Part, StackContext } from './part.ts';

/** Apicurio Registry on an H2 file: schema ids are in every record of Kafka's log, so they must survive a restart. */
export function registryPart(context: StackContext): Part {
  const { layout, ports, artifacts, tuning } = context;
  const home = layout.data('registry');
  const database = join(home, 'registry');
  return {
    name: 'registry',
    needs: [],
    prepare: async () => {
      await mkdir(home, { recursive: true });
      await readdir(artifacts.registry);
    },
    launch: {
      command: 'java',
      args: [
        ...jvmFlags({
          mark: home,
          heap: '384m',
          tuning,
          properties: {
            'quarkus.http.host': '127.0.0.1',
            'quarkus.http.port': String(ports.registry),
            'quarkus.datasource.jdbc.url': `jdbc:h2:file:${database};DB_CLOSE_ON_EXIT=FALSE;WRITE_DELAY=0`,
            // Twenty connections at start are for a server that many teams share.
            'quarkus.datasource.jdbc.initial-size': '1',
            'quarkus.datasource.jdbc.min-size': '1',
            'quarkus.datasource.jdbc.max-size': '10',
          },
        }),
        '-jar',
        join(artifacts.registry, runner(artifacts.registry)),
      ],
      env: { LOG_LEVEL: 'WARN', REGISTRY_LOG_LEVEL: 'WARN' },
      cwd: home,
    },
    probe: httpProbe(`http://127.0.0.1:${ports.registry}/apis/ccompat/v7/subjects`),
    startMs: 90_000,
    graceMs: 10_000,
  };
}

function runner(directory: string): string {
  const jar = readdirSync(directory).find((name) => name.endsWith('-runner.jar'));
  if (jar === undefined) throw new Error(`no registry application in ${directory}`);
  return jar;
}
