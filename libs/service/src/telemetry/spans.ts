import {
  type Attributes,
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  type Link,
  ProxyTracerProvider,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { reasonOf, VsmError } from '@vsmcp/vsm';
import type { Trace } from '../trace.js';

/**
 * Spans by hand, on the OpenTelemetry API: while no SDK is started (`sdk.ts`) every call here does next to nothing.
 */

/** The owner of a span: services may share a process. */
export interface Spanning {
  system: string;
  instance: string;
}

export interface SpanOptions {
  kind?: keyof typeof SpanKind;
  /** As a function where making them costs something that who is not traced should not pay. */
  attributes?: Attributes | (() => Attributes);
  /** The trace it follows from, where that is not simply the active one: see `placeOf`. */
  follows?: Trace | undefined;
  /** Begins a trace where none goes on; without it there is no span then. */
  begins?: true;
  /** Other traces that it has to do with. */
  links?: readonly Trace[];
}

const tracer = trace.getTracer('vsmcp');
const NO_SPAN = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/**
 * Does `work` within a span that ends with it. What throws marks the span as failed, with the code of the error, and is
 * thrown on.
 * @param name of low cardinality
 */
export function inSpan<T>(
  { system, instance }: Spanning,
  name: string,
  { kind = 'INTERNAL', attributes = {}, follows, begins, links = [] }: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  if (!isRecorded()) return work(NO_SPAN);
  const place = placeOf(follows);
  if (!begins && !trace.getSpanContext(place.parent)) return work(NO_SPAN);
  const options = {
    kind: SpanKind[kind],
    attributes: {
      ...(typeof attributes === 'function' ? attributes() : attributes),
      'vsmcp.system': system,
      'vsmcp.instance': instance,
    },
    links: [...place.links, ...links.flatMap(linkTo)],
  };
  return tracer.startActiveSpan(name, options, place.parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      failSpan(span, error instanceof VsmError ? error.code : nameOf(error), reasonOf(error));
      throw error;
    } finally {
      span.end();
    }
  });
}

/** True when an SDK is started, to which spans go. */
function isRecorded(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer('vsmcp') !== undefined;
}

/** @param type of low cardinality */
export function failSpan(span: Span, type: string, message: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** The active trace as it travels; empty while nothing is traced. */
export function currentTrace(): Trace {
  if (!trace.getActiveSpan()) return {};
  const carrier: Trace = {};
  propagation.inject(context.active(), carrier);
  return carrier;
}

/** True when a span made now would be part of a trace that has begun already. */
export function isTraced(follows?: Trace): boolean {
  return trace.getSpanContext(placeOf(follows).parent) !== undefined;
}

/** Does `work` as something of its own: what it says and starts is of no trace. */
export function untraced<T>(work: () => T): T {
  return context.with(ROOT_CONTEXT, work);
}

/** The trace that is going on, for a log line. */
export function traceFields(): { trace_id?: string; span_id?: string } {
  const span = trace.getActiveSpan()?.spanContext();
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
}

/**
 * Where a span belongs. It may follow from something that was remembered (a message, an event) while something else
 * goes on here: of one trace, what goes on here is the parent; of two, what it follows from is, and what goes on here
 * is linked.
 */
function placeOf(follows: Trace | undefined): { parent: Context; links: Link[] } {
  const active = context.active();
  if (follows?.traceparent === undefined) return { parent: active, links: [] };
  const told = propagation.extract(ROOT_CONTEXT, follows);
  const there = trace.getSpanContext(told);
  const here = trace.getSpanContext(active);
  if (there === undefined || here?.traceId === there.traceId) return { parent: active, links: [] };
  return { parent: told, links: here ? [{ context: here }] : [] };
}

function linkTo(told: Trace): Link[] {
  const there = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, told));
  return there ? [{ context: there }] : [];
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '_OTHER';
}
