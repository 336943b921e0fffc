export { checkedResponse } from './deciding/plan.js';
export { openSystem1, type System1Options, system1 } from './system1.js';
