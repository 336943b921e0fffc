import { Refused } from './failure.js';

/** The answer to a petition that was accepted. @throws Refused with the reason */
export function accepted<A extends { accepted: boolean; because: string }>(answer: A): A {
  if (!answer.accepted) throw new Refused(answer, answer.because);
  return answer;
}
