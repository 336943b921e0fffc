export { checkedResponse } from './plan.js';
export { openSystem1, type System1Options, system1 } from './system1.js';
