import pino from 'pino';
import { traceFields } from './telemetry/spans.js';

/** Structured log lines. Fields first, sentence second, as pino has it. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * JSON lines on stderr, with the trace they belong to, so that stdout stays a program's own answer, or in a file.
 * @param fields on every line: system, instance
 * @param file a file to append to; its folder is made
 */
export function openLog(level: LogLevel, fields: object = {}, file?: string): Log {
  return pino(
    {
      level,
      base: fields,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
      mixin: traceFields,
    },
    destination(file),
  );
}

/** Characters of lines that wait while the log cannot be written; what comes then is dropped. */
const MOST_WAITING = 2 ** 20;

/** A full disk under the log must not end what is logged about: lines wait until it can be written again. */
function destination(file: string | undefined): ReturnType<typeof pino.destination> {
  const stream = pino.destination({ dest: file ?? 2, mkdir: true, sync: true, maxLength: MOST_WAITING });
  let told = false;
  stream.on('error', (error: Error) => {
    // Once, and where it may still be seen: stderr itself may be what cannot be written.
    if (file !== undefined && !told) process.stderr.write(` the log ${file} cannot be written: ${error.message}\n`);
    told = true;
  });
  return stream;
}
