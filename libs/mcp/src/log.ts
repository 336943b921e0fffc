/** The log that this package needs; the services' `Log` is one. Fields first, sentence second. */
export interface McpLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
