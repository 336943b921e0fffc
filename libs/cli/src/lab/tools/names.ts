/** The npm package that a scripted server would be, were it one: `lab-<name>@1.0.0`. */
export function packageOf(server: string): string {
  return `lab-${server.slice(server.lastIndexOf('/') + 1)}@${VERSION}`;
}

export const VERSION = '1.0.0';
