import type { ServiceContext } from '@vsmcp/service';
import { Capability, Grants, grantsOf, QUESTIONS, sourceOf } from '@vsmcp/vsm';
import { z } from 'zod';
import { DISCOVERY, put } from '../../questions.js';
import { answering, type GatewayTool, READS } from '../tool.js';

const CapabilitySummary = Capability.pick({
  server: true,
  origin: true,
  version: true,
  state: true,
  reason: true,
  confinement: true,
  only: true,
}).extend({ grants: Grants, tools: z.array(z.string()), answers: z.array(z.string()) });

/** The servers that the fleet has and could have. Without their tools' schemas, which can be very large. */
export function capabilities(context: ServiceContext): GatewayTool[] {
  return [list(context), discover(context)];
}

function list(context: ServiceContext): GatewayTool {
  return answering(
    'capabilities_list',
    {
      title: 'Capabilities',
      description:
        'The MCP servers that the fleet has: what each may touch, its tools by name, and the event types it answers. find_tool has the tools with their schemas.',
      input: z.object({ server: z.string().optional().describe('only this server') }),
      output: z.object({ version: z.number().int(), capabilities: z.array(CapabilitySummary) }),
      annotations: READS,
    },
    async ({ server }) => {
      const { version, capabilities: rows } = await put(context, 'capabilities', {});
      const wanted = rows.filter((row) => server === undefined || row.server === server);
      return {
        version,
        capabilities: wanted.map(({ spec, tools, responses, ...row }) => ({
          ...row,
          grants: grantsOf(spec),
          tools: tools.map(({ name }) => name),
          answers: Object.keys(responses),
        })),
      };
    },
  );
}

function discover(context: ServiceContext): GatewayTool {
  return answering(
    'capabilities_discover',
    {
      title: 'Discover servers',
      description:
        'Servers in the registries that the fleet could acquire, best match first. What they say of themselves is not checked.',
      input: z.object({
        text: z.string().max(500).optional().describe('what it should be able to do'),
        limit: z.number().int().min(1).max(200).default(10),
      }),
      output: z.object({
        registries: QUESTIONS.discover.answer.shape.registries,
        candidates: z.array(
          z.object({
            name: z.string(),
            title: z.string().optional(),
            description: z.string(),
            version: z.string(),
            registry: z.string(),
            source: z.string(),
            tools: z.array(z.string()).optional(),
          }),
        ),
      }),
      annotations: { ...READS, openWorldHint: true },
    },
    async (asked) => {
      const { registries, candidates } = await put(context, 'discover', asked, DISCOVERY);
      return {
        registries,
        candidates: candidates.map(({ spec, tools, ...candidate }) => ({
          ...candidate,
          source: sourceOf(spec),
          ...(tools && { tools: tools.map(({ name }) => name) }),
        })),
      };
    },
  );
}
