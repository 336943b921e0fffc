/** The lowest Node.js that everything here runs on. */
const FLOOR = [20, 19];

/** @returns what is wrong with this Node.js and how to mend it, or undefined */
export function nodeTrouble(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > FLOOR[0] || (major === FLOOR[0] && minor >= FLOOR[1])) return undefined;
  return `VSMCP needs Node.js ${FLOOR.join('.')} or newer; this is ${version}. Install one from https://nodejs.org or with your version manager, then run the command again.`;
}
