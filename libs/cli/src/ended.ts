/** Thrown by a command that has said what is wrong, to end with an exit code of its own. */
export class Ended extends Error {
  constructor(readonly exitCode: number) {
    super(`ended with ${exitCode}`);
    this.name = 'Ended';
  }
}
