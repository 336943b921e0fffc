export * from './agents.js';
export * from './arrival.js';
export * from './bounded.js';
export * from './canonical.js';
export * from './capability.js';
export * from './channels.js';
export * from './declarations.js';
export * from './errors.js';
export * from './event.js';
export * from './format.js';
export * from './frame/events.js';
export { FRAME, type Frame, frameOf } from './frame/frame.js';
export * from './hours.js';
export * from './json.js';
export * from './keys.js';
export * from './messages/acquisition.js';
export * from './messages/algedonic.js';
export * from './messages/audit.js';
export * from './messages/control.js';
export * from './messages/coordination.js';
export * from './messages/message.js';
export * from './messages/operations.js';
export * from './messages/presence.js';
export * from './messages/recursion.js';
export * from './order.js';
export * from './pathologies.js';
export * from './permissions.js';
export {
  InstanceSeen,
  JournalEntry,
  Status,
  SystemStatus,
  VarietyReport,
} from './questions/consciousness.js';
export type { Question } from './questions/question.js';
export * from './questions/questions.js';
export { HeldEvent, SettledEvent, Waiting } from './questions/system1.js';
export * from './queues.js';
export * from './rate.js';
export * from './recursion.js';
export * from './speech.js';
export * from './systems.js';
export * from './text-search/rank.js';
export * from './text-search/terms.js';
export * from './time.js';
export * from './topology.js';
export * from './unit.js';
export * from './variety/ashby.js';
export * from './variety/chao-shen.js';
export * from './variety/counter.js';
export * from './variety/coverage.js';
export * from './variety/distinct.js';
export * from './variety/entropy.js';
export * from './variety/frequencies.js';
export * from './variety/richness.js';
export * from './variety/states.js';
