import { hostname } from 'node:os';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Vitals } from '@vsmcp/vsm';

/** ms between two looks at the event loop. */
const RESOLUTION = 20;

/** The resources that the process of a service uses, between one look and the next. */
export class VitalsMeter {
  readonly #loop: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  #used = process.cpuUsage();
  #since = performance.now();

  constructor() {
    this.#loop.enable();
  }

  /** Since the call before, or since it was made. */
  read(): Vitals {
    const { user, system } = process.cpuUsage(this.#used);
    const now = performance.now();
    const passed = Math.max(1, now - this.#since);
    const late = this.#loop.count === 0 ? 0 : Math.max(0, this.#loop.percentile(99) / 1e6 - RESOLUTION);
    this.#used = process.cpuUsage();
    this.#since = now;
    this.#loop.reset();
    return {
      host: hostname(),
      pid: process.pid,
      node: process.version,
      memory: process.memoryUsage.rss(),
      cpu: (user + system) / 1000 / passed,
      lag: late,
    };
  }

  close(): void {
    this.#loop.disable();
  }
}
