import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { httpProbe } from './health.ts';
import type { Part, StackContext } from './part.ts';
import { REPOSITORY } from './state.ts';

/** The mail sandbox: what would be sent to customers, to look at. */
export function mailPart({ layout, ports }: StackContext): Part {
  const home = layout.data('mail');
  return {
    name: 'mail',
    needs: [],
    prepare: async () => {
      await mkdir(home, { recursive: true });
    },
    launch: {
      command: process.execPath,
      args: [join(REPOSITORY, 'infra/sandbox/mail/main.ts')],
      env: {
        MAIL_SMTP_PORT: String(ports.smtp),
        MAIL_HTTP_PORT: String(ports.mail),
        MAIL_DATABASE: join(home, 'mail.db'),
      },
      cwd: REPOSITORY,
    },
    probe: httpProbe(`http://127.0.0.1:${ports.mail}/`),
    startMs: 30_000,
    graceMs: 5_000,
  };
}
