import { Duration, isKey } from '@vsmcp/vsm';
import { z } from 'zod';

const folder = z.string().min(1);

const FolderSense = z.strictObject({
  folder: folder.meta({
    description: "Folder to watch, relative to the fleet's: each new or changed file is an event. Required.",
    examples: ['desk/inbox'],
  }),
  as: z
    .string()
    .refine(isKey, 'an event type')
    .default('file')
    .meta({
      description: 'First word of the event types: file gives file.<ext>; with stale or keep <as>.stale, <as>.missing.',
      examples: ['notice'],
    }),
  stale: Duration.optional().meta({
    description: 'Age at which a file is an event <as>.stale, as a duration. Absent: no file grows stale.',
    examples: ['4s', '1d'],
  }),
  keep: z
    .array(z.string())
    .optional()
    .meta({
      description: 'Names of files that are to be there: one that is missing is an event <as>.missing. Absent: none.',
      examples: [['welcome.md']],
    }),
});
const HostSense = z.strictObject({
  host: Duration.meta({
    description: 'Period at which load, memory and disk of this machine are events, as a duration. Required.',
    examples: ['2s'],
  }),
});
const GitSense = z.strictObject({
  git: folder.meta({ description: 'Git repository whose new commits are events. Required.', examples: ['.'] }),
});

const Answers = z.strictObject({
  folder: folder.meta({
    description: 'Folder into which the answer to a file is written as <name>.answer.md. Required.',
    examples: ['desk/outbox'],
  }),
});

/** Sources of events beside AMQP and REST, and places for outcomes beside `vsm.outcome`. */
export const Surroundings = z.strictObject({
  senses: z
    .array(z.union([FolderSense, HostSense, GitSense]))
    .default([])
    .meta({
      description: "System 4's senses: folders, this machine, and git repositories whose changes become events.",
      examples: [[{ folder: 'desk/inbox' }, { host: '2s' }, { git: '.' }]],
    }),
  answers: z
    .array(Answers)
    .default([])
    .meta({
      description: 'Folders to which outcomes of events from files are written.',
      examples: [[{ folder: 'desk/outbox' }]],
    }),
});
