import { consumers, on, type Service, type ServiceContext } from '@vsmcp/service';
import {
  Acquisition,
  AlertState,
  Algedonic,
  Below,
  CapabilityState,
  Demand,
  Heartbeat,
  Load,
  Loop,
  type Pathology,
  PathologyName,
  Performance,
  Stress,
  Verdict,
} from '@vsmcp/vsm';
import { limitsOf } from './below.js';
import { evolve, type Fact, newModel, type ViewName } from './model.js';
import { systemsAnswer } from './presence.js';
import { pathologiesOf } from './signs.js';
import { statusAnswer, varietyAnswer, windowOf } from './status.js';
import { varietyOf } from './variety.js';
import { Asking, SLOW } from './views.js';

/** Period at which it looks whether something is to be asked. ms */
const TICK = 250;

export interface ConsciousnessOptions {
  /** ms after which the other systems are asked everything again, and the gauges set. */
  slow?: number;
}

/**
 * The fleet's model of itself. It hears reports, coordination, intelligence and pain, asks what it missed, and answers
 * `status`, `variety` and `journal`. It never reads raw events and commands nothing.
 */
export function openConsciousness({ slow = SLOW }: ConsciousnessOptions = {}): Service {
  return { system: 'consciousness', start: (context) => start(context, slow) };
}

export const consciousness: Service = openConsciousness();

async function start(context: ServiceContext, slow: number): Promise<() => Promise<void>> {
  const { clock, config, journal } = context;
  const model = newModel(windowOf(config), clock.now(), { old: 3 * slow, limits: limitsOf(config) });
  const asking = new Asking(context, (views) => evolve(model, { fact: 'view', views }, clock.now()), slow);
  const take = async (fact: Fact, ...stale: ViewName[]): Promise<void> => {
    evolve(model, fact, clock.now());
    asking.want(...stale);
  };

  const hearing = await consumers([
    context.hear({ channel: 'report', bind: ['#'] }, [
      on(Heartbeat, ({ data }) => take({ fact: 'heartbeat', data })),
      on(Load, ({ data }) => take({ fact: 'load', data }, 'account', 'waiting')),
      on(CapabilityState, ({ data }) => take({ fact: 'capability', data }, 'capabilities', 'units', 'waiting')),
      on(Demand, ({ data }) => take({ fact: 'demand', data })),
      on(Below, ({ data }) => take({ fact: 'below', data })),
      on(Performance, ({ data }) => take({ fact: 'performance', data })),
    ]),
    context.hear({ channel: 'coordination', bind: ['loop.#'] }, [
      on(Loop, ({ data }) => take({ fact: 'loop', data }, 'coordination')),
    ]),
    context.hear({ channel: 'intelligence', bind: ['#'] }, [
      on(Acquisition, ({ data }) => take({ fact: 'acquisition', data }, 'waiting')),
      on(Verdict, ({ data }) => take({ fact: 'verdict', data }, 'decisions')),
      on(AlertState, ({ data }) => take({ fact: 'alert', data })),
      on(Stress, ({ data }) => take({ fact: 'stress', data }, 'decisions')),
    ]),
    context.hear({ channel: 'algedonic', bind: ['#'] }, [
      on(Algedonic, ({ data }) => take({ fact: 'algedonic', data })),
    ]),
    context.answer({
      status: async () => statusAnswer(model, config, clock.now()),
      systems: async ({ system }) => systemsAnswer(model.presence, system, clock.now()),
      variety: async () => varietyAnswer(model, config, clock.now()),
      journal: async (filter) => ({ entries: await journal.read(filter) }),
    }),
  ]);
  const measure = gauges(context);
  const stops = [
    clock.every(TICK, () => asking.tick()),
    clock.every(slow, () => {
      const now = clock.now();
      measure(varietyOf(model, windowOf(config), now), pathologiesOf(model, config, now));
    }),
  ];
  asking.tick();
  return async () => {
    for (const stop of stops) stop();
    await hearing.stop();
  };
}

function gauges({ metrics }: ServiceContext): (variety: ReturnType<typeof varietyOf>, ails: Pathology[]) => void {
  const required = metrics.gauge(
    'vsmcp_variety_required_states',
    'Disturbance types seen, and the estimate of the unseen',
  );
  const available = metrics.gauge(
    'vsmcp_variety_available_states',
    'Types with a response, each times its success rate',
  );
  const gap = metrics.gauge('vsmcp_variety_gap_states', 'Required less available');
  const answered = metrics.gauge('vsmcp_answered_ratio', 'Share of the events of the window that were answered');
  const ailing = metrics.gauge('vsmcp_pathology', '1 while the fleet has this pathology', ['name']);
  return (variety, ails) => {
    for (const name of PathologyName.options) ailing.set({ name }, ails.some((one) => one.name === name) ? 1 : 0);
    required.set(variety.required);
    available.set(variety.available);
    gap.set(variety.gap);
    if (variety.answered !== null) answered.set(variety.answered);
  };
}
