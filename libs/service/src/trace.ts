/** W3C trace context. */
export interface Trace {
  traceparent?: string;
  tracestate?: string;
}
