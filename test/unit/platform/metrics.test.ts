import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { countService } from '../../../services/platform/counts.ts';
import { feedMetrics, startMetrics } from '../../../services/platform/metrics.ts';
import { observe } from '../../../services/runtime/observe.ts';

const task = { application: 'a', stage: 's', partition: 2 };

describe('metrics', () => {
  it('come from what the engine and the services tell', async () => {
    const registry = new Registry();
    const stop = feedMetrics(registry);
    const batch = {
      records: 3,
      outputs: 2,
      changes: 1,
      deadLetters: 0,
      processMs: 1,
      commitMs: 4,
      lastTimestamp: 5000n,
    };
    observe.batch.publish({ ...task, ...batch });
    observe.trouble.publish({ ...task, error: new TypeError('x'), action: 'retry' });
    countService('webhooks', 'answer', '200', 2);
    stop();
    observe.batch.publish({ ...task, ...batch });

    const text = await registry.metrics();
    expect(text).toContain('millrace_records_total{application="a",stage="s",partition="2"} 3');
    expect(text).toContain('millrace_event_time_seconds{application="a",stage="s",partition="2"} 5');
    expect(text).toContain('millrace_troubles_total{application="a",stage="s",action="retry",error="TypeError"} 1');
    expect(text).toContain('millrace_service_counts_total{service="webhooks",name="answer",label="200"} 2');
  });

  it('are served on loopback', async () => {
    const metrics = await startMetrics(0);
    try {
      const answer = await fetch(`http://127.0.0.1:${metrics.port}/metrics`);
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain('process_cpu_seconds_total');
      expect((await fetch(`http://127.0.0.1:${metrics.port}/`)).status).toBe(404);
    } finally {
      await metrics.close();
    }
  });
});
