import {
  type CallToolResult,
  type Tool as DeclaredTool,
  type ToolAnnotations,
  ToolSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { answered, failed } from './results.js';

/** One call of a tool, as the tool sees it. */
export interface Call {
  /** The principal behind the session. */
  by: string;
  /** Ends when the client has given up. */
  signal: AbortSignal;
  /** The client asked to be told how far it is. */
  wantsProgress: boolean;
  /** Tells the client how far it is, if it asked. @param total what `done` will be in the end, where that is known */
  progress(done: number, total?: number, message?: string): Promise<void>;
  /** Puts tools of the fleet on the session's own list. */
  list(tools: readonly DeclaredTool[]): Promise<void>;
}

/** A tool of the gateway's own. */
export interface GatewayTool {
  declared: DeclaredTool;
  /** Rejects with what `failedBy` understands. */
  run(args: unknown, call: Call): Promise<CallToolResult>;
}

interface Description<I extends z.ZodObject> {
  title: string;
  description: string;
  input: I;
  annotations: ToolAnnotations;
}

/** Reads, and so may be called as often as one likes. */
export const READS: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

/** A tool whose result is a tool's own, whatever that is. */
export function passing<I extends z.ZodObject>(
  name: string,
  { title, description, input, annotations }: Description<I>,
  run: (asked: z.output<I>, call: Call) => Promise<CallToolResult>,
): GatewayTool {
  const declared = { name, title, description, inputSchema: jsonSchema(input, 'input'), annotations };
  return {
    declared: { ...declared, annotations: { title, ...annotations } },
    async run(args, call) {
      const asked = input.safeParse(args ?? {});
      if (asked.success) return run(asked.data, call);
      return failed(z.prettifyError(asked.error), `see the input schema of ${name}`);
    },
  };
}

/** A tool with a structured answer. */
export function answering<I extends z.ZodObject, O extends z.ZodObject>(
  name: string,
  description: Description<I> & { output: O },
  answer: (asked: z.output<I>, call: Call) => Promise<z.input<O>>,
): GatewayTool {
  const output = description.output.extend({ cut: z.string().optional() });
  const tool = passing(name, description, async (asked, call) =>
    answered(description.output.parse(await answer(asked, call))),
  );
  return { ...tool, declared: { ...tool.declared, outputSchema: jsonSchema(output, 'output') } };
}

/** Draft 2020-12, which is MCP's own dialect where none is named. */
function jsonSchema(schema: z.ZodObject, io: 'input' | 'output'): DeclaredTool['inputSchema'] {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io });
  return ToolSchema.shape.inputSchema.parse(json);
}
