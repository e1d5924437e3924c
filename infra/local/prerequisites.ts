import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program that the local stack needs, how to ask for its version, and how to get it. */
interface Requirement {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** First group: the version. */
  readonly pattern: RegExp;
  readonly atLeast: readonly [major: number, minor: number];
  readonly install: string;
}

const REQUIREMENTS: readonly Requirement[] = [
  {
    name: 'Node',
    command: [process.execPath, '--version'],
    pattern: /v(\d+\.\d+)/,
    atLeast: [24, 0],
    install: 'https://nodejs.org, or nvm install 24',
  },
  {
    name: 'git',
    command: ['git', '--version'],
    pattern: /version (\d+\.\d+)/,
    atLeast: [2, 0],
    install: 'apt-get install git, or brew install git',
  },
  {
    name: 'make',
    command: ['make', '--version'],
    pattern: /Make (\d+\.\d+)/,
    atLeast: [3, 81],
    install: 'apt-get install make, or xcode-select --install',
  },
  {
    name: 'Java',
    command: ['java', '-version'],
    pattern: /version "(\d+(?:\.\d+)?)/,
    atLeast: [17, 0],
    install: 'apt-get install openjdk-17-jre-headless, or brew install openjdk@17',
  },
  {
    name: 'Maven',
    command: ['mvn', '-version'],
    pattern: /Apache Maven (\d+\.\d+)/,
    atLeast: [3, 8],
    install: 'apt-get install maven, or brew install maven',
  },
];

/** What is missing or too old, in words, with what to install; empty when nothing is. */
export async function missingPrerequisites(requirements: readonly Requirement[] = REQUIREMENTS): Promise<string[]> {
  const findings = await Promise.all(requirements.map(check));
  return findings.filter((finding) => finding !== undefined);
}

async function check(requirement: Requirement): Promise<string | undefined> {
  const { name, command, pattern, atLeast, install } = requirement;
  const wanted = `${name} ${atLeast.join('.')} or newer`;
  const said = await output(command);
  if (said === undefined) return `${wanted} is needed and was not found. Install: ${install}`;
  const version = pattern.exec(said)?.[1];
  if (version === undefined)
    return `${wanted} is needed; \`${command.join(' ')}\` does not tell its version. Install: ${install}`;
  return isAtLeast(version, atLeast) ? undefined : `${wanted} is needed, this is ${version}. Install: ${install}`;
}

/** Compares `major.minor` (minor optional) by number, not by text. */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [hasMajor = 0, hasMinor = 0] = version.split('.').map(Number);
  return hasMajor > major || (hasMajor === major && hasMinor >= minor);
}

/** What the command prints (java answers on standard error), or undefined when it cannot be run. */
async function output([program, ...args]: readonly [string, ...string[]]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(program, args);
    return `${stdout}\n${stderr}`;
  } catch {
    return undefined;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const missing = await missingPrerequisites();
  for (const line of missing) console.error(line);
  if (missing.length > 0) process.exitCode = 1;
}
