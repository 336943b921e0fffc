import { z } from 'zod';
import { Candidate, Tool } from '../capability.js';
import { Acquisition } from '../messages/acquisition.js';
import { Nothing, type Question, question } from './question.js';

/** The questions that System 4 answers. */
export const SYSTEM4_QUESTIONS = {
  discover: question(
    's4',
    'discover',
    z.object({ text: z.string().optional(), limit: z.number().int().max(200).default(50) }),
    z.object({
      registries: z.array(
        z.looseObject({
          registry: z.string(),
          servers: z.number().int(),
          error: z.string().optional(),
          /** The first entries that are malformed and left out, with what is wrong. */
          left: z.array(z.string()).optional(),
        }),
      ),
      candidates: z.array(Candidate.extend({ tools: z.array(Tool).optional() })),
      /** Servers that match the text too and cannot be acquired, and why. */
      unusable: z
        .array(z.object({ name: z.string(), version: z.string(), registry: z.string(), because: z.string() }))
        .optional(),
    }),
  ),
  acquisitions: question('s4', 'acquisitions', Nothing, z.object({ acquisitions: z.array(Acquisition.data) })),
} as const satisfies Record<string, Question>;
