/** `millrace workflow test`: plays the examples beside each workflow. */
import { loadWorkflows, readFiles, shown } from '../../order-stream/workflows/directory.ts';
import { problemText } from '../../order-stream/workflows/document/source.ts';
import { type ExampleResult, runExamples } from '../../order-stream/workflows/examples.ts';
import { diffText } from './diff.ts';

const EXAMPLES = /^([a-z][a-z0-9-]*@\d+)\.examples\.yaml$/;

export type Played = Readonly<{
  results: readonly ExampleResult[];
  /** Versions without examples. */
  without: readonly string[];
}>;

/** @throws WorkflowError when a document, or a file of examples, is not valid */
export const playExamples = (directory: string): Played => {
  const set = loadWorkflows(directory);
  const results: ExampleResult[] = [];
  const exampled = new Set<string>();
  for (const [path, text] of readFiles(directory)) {
    const id = EXAMPLES.exec(path)?.[1];
    if (id === undefined) continue;
    const workflow = set.get(id);
    if (workflow === undefined) throw new Error(`${path}: there is no workflow ${id}`);
    exampled.add(id);
    results.push(...runExamples(workflow, shown(directory, path), text));
  }
  return { results, without: set.all.flatMap(({ id }) => (exampled.has(id) ? [] : [id])) };
};

export const playedText = ({ results, without }: Played): string => {
  const lines = results.flatMap(({ workflow, name, failure }) =>
    failure === undefined
      ? [`ok    ${workflow}: ${name}`]
      : [
          `FAIL  ${workflow}: ${name}`,
          `${problemText(failure.where)}  (- expected, + what was sent)`,
          ...diffText(failure.expected, failure.actual)
            .split('\n')
            .map((line) => `      ${line}`),
        ],
  );
  const failed = results.filter(({ failure }) => failure !== undefined).length;
  return [
    ...lines,
    ...without.map((id) => `none  ${id} has no examples`),
    failed === 0 ? `${results.length} examples, all as told` : `${failed} of ${results.length} examples went otherwise`,
  ].join('\n');
};
