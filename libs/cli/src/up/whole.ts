import { Family, labelled, merge, type ProcessMetrics, type Readiness } from '@vsmcp/service';
import { reasonOf } from '@vsmcp/vsm';
import { z } from 'zod';

/** ms that a process has to say how it is. */
const PATIENCE = 3000;

const Ready = z.object({
  services: z.record(z.string(), z.object({ ready: z.boolean(), trouble: z.record(z.string(), z.string()) })),
});

/**
 * The processes of a fleet as one: what each says on a port of its own, which it tells its supervisor, is put together
 * with the name of the process as label `service`.
 */
export class Whole {
  /** Name of a process → where it answers; undefined while it does not run. */
  readonly #urls = new Map<string, string | undefined>();
  readonly #supervisor: ProcessMetrics;

  /** @param supervisor the metrics of this process itself */
  constructor(supervisor: ProcessMetrics) {
    this.#supervisor = supervisor;
  }

  /** A process runs and answers there, or (undefined) does not run. */
  answersAt(name: string, url: string | undefined): void {
    this.#urls.set(name, url);
  }

  async services(): Promise<Record<string, Readiness>> {
    const all = await Promise.all([...this.#urls].map(async ([name, url]) => [name, await readiness(url)] as const));
    return Object.fromEntries(all);
  }

  /** A process that does not answer is missing, and shows in `vsmcp_process_up`. */
  async families(): Promise<Family[]> {
    const up: Family = { name: 'vsmcp_process_up', help: '1 while the process answers', type: 'gauge', values: [] };
    const all = await Promise.all(
      [...this.#urls].map(async ([service, url]) => {
        const families = url === undefined ? undefined : await metrics(url);
        up.values.push({ value: families ? 1 : 0, labels: { service } });
        return labelled(families ?? [], { service });
      }),
    );
    const own = labelled(await this.#supervisor.families(), { service: 'supervisor' });
    return merge([up, ...own, ...all.flat()]);
  }
}

async function readiness(url: string | undefined): Promise<Readiness> {
  if (url === undefined) return { ready: false, trouble: { process: 'it does not run' } };
  try {
    const { services } = Ready.parse(await ask(`${url}/ready`));
    const each = Object.values(services);
    return {
      ready: each.every(({ ready }) => ready),
      trouble: Object.assign({}, ...each.map(({ trouble }) => trouble)),
    };
  } catch (error) {
    return { ready: false, trouble: { process: `it does not answer: ${reasonOf(error)}` } };
  }
}

async function metrics(url: string): Promise<Family[] | undefined> {
  try {
    return Family.array().parse(await ask(`${url}/metrics`));
  } catch {
    return undefined; // it is going or hangs, which vsmcp_process_up and /ready show
  }
}

async function ask(url: string): Promise<unknown> {
  const headers = { accept: 'application/json' };
  return (await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE) })).json();
}
