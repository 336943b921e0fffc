import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv-provider.js';
import type { JsonSchemaType, JsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/types.js';
import { reasonOf, type Tool } from '@vsmcp/vsm';
import type { ToolResult } from '../host.js';
import { suspicionsInResult } from '../suspicion.js';

/** Holds a server's structured results to the schemas it declared itself. */
export class Results {
  readonly #ajv = new AjvJsonSchemaValidator();
  readonly #validators = new Map<string, JsonSchemaValidator<unknown>>();

  /** The result as the fleet passes it on, or why it is not what was declared. */
  check(tool: Tool, result: CallToolResult): ToolResult | string {
    const structured = result.structuredContent;
    const wrong = result.isError ? undefined : this.#mismatch(tool, structured);
    if (wrong !== undefined) return wrong;
    const suspicions = suspicionsInResult(`result of ${tool.name}`, { content: result.content, structured });
    return {
      isError: result.isError === true,
      content: result.content,
      ...(structured && { structured }),
      ...(suspicions.length > 0 && { suspicions }),
    };
  }

  #mismatch(tool: Tool, structured: unknown): string | undefined {
    if (tool.outputSchema === undefined) return undefined;
    if (structured === undefined) return 'its result lacks the structured content that its output schema promises';
    try {
      const validate = this.#validators.get(tool.name) ?? this.#compile(tool.name, tool.outputSchema);
      const found = validate(structured);
      return found.valid ? undefined : `its structured content breaks its own output schema: ${found.errorMessage}`;
    } catch (error) {
      return `its output schema cannot be read: ${reasonOf(error)}`;
    }
  }

  #compile(name: string, schema: Record<string, unknown>): JsonSchemaValidator<unknown> {
    const validate = this.#ajv.getValidator<unknown>(withoutPatterns(schema) as JsonSchemaType);
    this.#validators.set(name, validate);
    return validate;
  }
}

/** A stranger's regular expression over a stranger's text can stop this process for hours: patterns are not checked. */
function withoutPatterns(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutPatterns);
  if (schema === null || typeof schema !== 'object') return schema;
  const kept = Object.entries(schema).filter(([key, value]) => !(key === 'pattern' && typeof value === 'string'));
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutPatterns(value)]));
}
