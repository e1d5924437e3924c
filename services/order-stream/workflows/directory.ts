/** Workflows as files: `<name>@<version>.yaml`, with the tables they name beside them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { compileWorkflow, type Workflow } from './compile.ts';
import { type Problem, readSource, shaped, WorkflowError } from './document/source.ts';
import { type WorkflowSet, workflowSet } from './set.ts';

export const DEFAULT_DIRECTORY = resolve(import.meta.dirname, '../../../workflows');

/** What versions meant when they were released, by hash: see `millrace workflow seal`. */
export const SEALS = 'sealed.yaml';

const sealsShape = z.record(z.string().regex(/^[a-z][a-z0-9-]*@\d+$/), z.string().regex(/^[0-9a-f]{64}$/));

const DOCUMENT = /^[a-z][a-z0-9-]*@\d+\.yaml$/;

/** The YAML files of a directory, read at one time. By their path in it. */
export type Files = ReadonlyMap<string, string>;

export const readFiles = (directory: string): Files =>
  new Map(
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.ya?ml$/.test(path))
      .sort()
      .map((path) => [path, readFileSync(join(directory, path), 'utf8')]),
  );

export const fingerprint = (files: Files): string =>
  createHash('sha256')
    .update(JSON.stringify([...files]))
    .digest('hex');

/** A path as a person would type it from here. */
export const shown = (directory: string, path: string): string => {
  const full = join(directory, path);
  const near = relative(process.cwd(), full);
  return near.startsWith('..') ? full : near;
};

/** A sealed version is as it was, and is there. */
const checkSeals = (files: Files, directory: string, workflows: readonly Workflow[]): Problem[] => {
  const text = files.get(SEALS);
  if (text === undefined) return [];
  const source = readSource(shown(directory, SEALS), text);
  return Object.entries(shaped(source, sealsShape)).flatMap(([id, hash]) => {
    const workflow = workflows.find((each) => each.id === id);
    if (workflow === undefined) return [source.problem([id], 'is sealed and gone: what began with it still needs it')];
    if (workflow.hash === hash) return [];
    const message = `${id} says something else than when it was sealed: make it a new version`;
    return [{ file: workflow.file, line: 1, column: 1, field: '', message }];
  });
};

/** @throws WorkflowError with the problems of all files */
export const compileFiles = (files: Files, directory: string, environment: string): WorkflowSet => {
  const workflows: Workflow[] = [];
  const problems: Problem[] = [];
  for (const [path, text] of files) {
    // One that is called otherwise would be left out in silence.
    if (!DOCUMENT.test(path) && !/^workflow:/m.test(text)) continue;
    try {
      const tableFile = (name: string) => {
        const found = files.get(name);
        return found === undefined ? undefined : { file: shown(directory, name), text: found };
      };
      workflows.push(compileWorkflow(shown(directory, path), text, tableFile));
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new WorkflowError(problems);
  if (workflows.length === 0)
    throw new WorkflowError([
      {
        file: directory,
        line: 1,
        column: 1,
        field: '',
        message: 'has no workflow: files are called <name>@<version>.yaml',
      },
    ]);
  const broken = checkSeals(files, directory, workflows);
  if (broken.length > 0) throw new WorkflowError(broken);
  return workflowSet(workflows, environment);
};

/** @throws WorkflowError */
export const loadWorkflows = (directory = DEFAULT_DIRECTORY, environment = 'production'): WorkflowSet =>
  compileFiles(readFiles(directory), directory, environment);
