import type { z } from 'zod';
import { CONSCIOUSNESS_QUESTIONS } from './consciousness.js';
import type { Question } from './question.js';
import { SYSTEM1_QUESTIONS } from './system1.js';
import { SYSTEM2_QUESTIONS } from './system2.js';
import { SYSTEM3_QUESTIONS } from './system3.js';
import { SYSTEM4_QUESTIONS } from './system4.js';
import { SYSTEM5_QUESTIONS } from './system5.js';

/** All that may be asked in the fleet, by name; each file beside this one has those of one addressee. */
export const QUESTIONS = {
  ...CONSCIOUSNESS_QUESTIONS,
  ...SYSTEM1_QUESTIONS,
  ...SYSTEM2_QUESTIONS,
  ...SYSTEM3_QUESTIONS,
  ...SYSTEM4_QUESTIONS,
  ...SYSTEM5_QUESTIONS,
} as const satisfies Record<string, Question>;

export type QuestionName = keyof typeof QUESTIONS;
export type Ask<N extends QuestionName> = z.input<(typeof QUESTIONS)[N]['ask']>;
export type Asked<N extends QuestionName> = z.output<(typeof QUESTIONS)[N]['ask']>;
export type Answer<N extends QuestionName> = z.output<(typeof QUESTIONS)[N]['answer']>;
