/** Takes the steps of a plan. Each is safe to repeat, so a run that broke off is simply run again. */
import { putConnector } from '../../../connectors/connect-api.ts';
import type { Admin } from '../../runtime/ports.ts';
import { conflictsIn, type Desired, type Step } from './plan.ts';
import type { RegistryAdmin } from './registry.ts';

/** Something there is cannot become what is desired; nothing was changed. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
  readonly conflicts: readonly Step[];
  constructor(conflicts: readonly Step[]) {
    super(conflicts.map(({ kind, name, reasons }) => `${kind} ${name}: ${reasons.join('; ')}`).join('\n'));
    this.conflicts = conflicts;
  }
}

/** @throws ConflictError before anything is changed */
export const executeApply = async (
  desired: Desired,
  steps: readonly Step[],
  on: Readonly<{ admin: Admin; registry: RegistryAdmin; connectUrl: string }>,
): Promise<void> => {
  const conflicts = conflictsIn(steps);
  if (conflicts.length > 0) throw new ConflictError(conflicts);
  const due = new Map(
    steps.filter(({ action }) => action !== 'unchanged').map((step) => [`${step.kind} ${step.name}`, step]),
  );

  const create = desired.topics.filter(({ topic }) => due.get(`topic ${topic}`)?.action === 'create');
  if (create.length > 0) await on.admin.createTopics(create);
  for (const { topic, config } of desired.topics)
    if (due.get(`topic ${topic}`)?.action === 'update') await on.admin.alterTopicConfig(topic, config);

  for (const { subject, schema, compatibility } of desired.subjects) {
    if (!due.has(`schema ${subject}`)) continue;
    await on.registry.register(subject, schema);
    await on.registry.setCompatibility(subject, compatibility);
  }

  for (const { name, config } of desired.connectors)
    if (due.has(`connector ${name}`)) await putConnector(on.connectUrl, name, config);
};
