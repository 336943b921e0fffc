import { type Delivery, type DeliveryResult, DONE } from '@vsmcp/nervous-system';
import {
  type Answer,
  type Ask,
  type Asked,
  type CloudEvent,
  isKey,
  QUESTIONS,
  type Question,
  type QuestionName,
  reasonOf,
  VsmError,
} from '@vsmcp/vsm';
import { z } from 'zod';
import type { Answers, ServiceContext } from '../service.js';
import type { Trace } from '../trace.js';
import { type Content, issueOf, type Speaker, seal, traceOf, typeOf, unseal } from './envelope.js';

/** How long an answer is waited for where the asker does not say (ms). */
const PATIENCE = 5000;

const CODES = [
  'VSM_CONFIG',
  'VSM_EVENT',
  'VSM_CHANNEL',
  'VSM_BROKER',
  'VSM_TIMEOUT',
  'VSM_REFUSED',
  'VSM_DATABASE',
  'VSM_EPOCH',
  'VSM_MCP',
  'VSM_INSTALL',
  'VSM_SANDBOX',
  'VSM_POLICY',
  'VSM_NOT_FOUND',
  'VSM_USAGE',
] as const;

const Refusal = z.looseObject({ code: z.enum(CODES).catch('VSM_REFUSED'), reason: z.string() });

export type Around = Pick<ServiceContext, 'clock' | 'ids' | 'bus' | 'log'> & { speaker: Speaker };

/** Asks and waits. A refusal rejects with VSM_REFUSED and the other side's own error, code and all, as its cause. */
export async function ask<N extends QuestionName>(
  { bus, speaker, clock, ids }: Around,
  name: N,
  data: Ask<N>,
  { instance = 'any', timeout = PATIENCE, trace }: { instance?: string; timeout?: number; trace?: Trace } = {},
): Promise<Answer<N>> {
  const question: Question = QUESTIONS[name];
  const sealed = seal(speaker, { id: ids(), kind: question.verb, at: clock.now(), data, trace });
  const delivery = await bus.request({ ...sealed, key: `${question.to}.${instance}.${question.verb}` }, timeout);
  const event = unseal(delivery);
  if (event.type === typeOf(question.to, 'refusal')) {
    const { code, reason } = Refusal.parse(event.data);
    throw new VsmError('VSM_REFUSED', reason, { cause: new VsmError(code, reason) });
  }
  const answer = QUESTIONS[name].answer.safeParse(event.data);
  if (answer.success) return answer.data as Answer<N>;
  throw new VsmError('VSM_EVENT', `${question.to} answered ${question.verb} wrongly: ${issueOf(answer.error)}`);
}

/** Answers one delivered question, whatever happens: what throws is sent as a refusal. */
export async function answerOne(around: Around, answers: Answers, delivery: Delivery): Promise<DeliveryResult> {
  const { bus, speaker, clock, ids, log } = around;
  const say = (kind: string, data: unknown, cause?: string) => {
    const content: Content = { id: ids(), kind, at: clock.now(), data, cause, trace: traceOf(delivery.headers) };
    const { content: bytes, contentType, headers } = seal(speaker, content);
    return bus.respond(delivery, { content: bytes, contentType, ...(headers && { headers }) });
  };
  if (!isInstance(delivery.replyTo)) {
    const { key, replyTo } = delivery;
    log.warn(
      { key, replyTo },
      'not answered: its replyTo is not the instance that asks, so nobody waits for an answer',
    );
    return DONE;
  }
  const said = await answerOrRefusal();
  try {
    await say(...said);
  } catch (error) {
    // Answering again could grant a petition twice; who asked sees that no answer comes.
    log.warn({ key: delivery.key, error }, `an answer did not get out: ${reasonOf(error)}`);
  }
  return DONE;

  async function answerOrRefusal(): Promise<Parameters<typeof say>> {
    try {
      const event = unseal(delivery);
      return ['answer', await answer(speaker, answers, delivery, event), event.id];
    } catch (error) {
      const code = error instanceof VsmError ? error.code : 'VSM_REFUSED';
      if (!(error instanceof VsmError)) log.error({ key: delivery.key, error }, `answering failed: ${reasonOf(error)}`);
      return ['refusal', { code, reason: reasonOf(error) }];
    }
  }
}

/** An instance is one word of a routing key. */
function isInstance(replyTo: string | undefined): boolean {
  return replyTo !== undefined && isKey(replyTo) && !replyTo.includes('.');
}

async function answer(speaker: Speaker, answers: Answers, delivery: Delivery, event: CloudEvent): Promise<unknown> {
  const verb = delivery.key.split('.').at(-1) ?? '';
  const name = namesOf(answers).find((n) => QUESTIONS[n].to === speaker.system && QUESTIONS[n].verb === verb);
  if (name === undefined) {
    const known = namesOf(answers).map((n) => QUESTIONS[n].verb);
    throw new VsmError('VSM_NOT_FOUND', `${speaker.system} does not answer '${verb}', only ${known.join(', ')}`);
  }
  return answerNamed(name, answers, event, traceOf(delivery.headers));
}

function namesOf(answers: Answers): QuestionName[] {
  return (Object.keys(QUESTIONS) as QuestionName[]).filter((name) => answers[name] !== undefined);
}

async function answerNamed<N extends QuestionName>(name: N, answers: Answers, event: CloudEvent, trace: Trace) {
  const asked = QUESTIONS[name].ask.safeParse(event.data ?? {});
  if (!asked.success) throw new VsmError('VSM_USAGE', `${QUESTIONS[name].verb}: ${issueOf(asked.error)}`);
  // what this schema parsed is what this question asks, though the compiler sees a union of all questions
  return answers[name]?.(asked.data as Asked<N>, { by: event.source, trace });
}
