import { PERSON, type Units } from '@vsmcp/vsm';

/**
 * A tool that units want to call, with the names of the arguments it is given; without a server for what calls none.
 */
export interface UnitTool {
  server?: string;
  tool?: string;
  names: string[];
}

/** The questions to policy about units: one for all of it, and one for each tool they call. */
export function toolsOf(units: Units): UnitTool[] {
  const tools = new Map<string, Set<string>>();
  for (const { responses } of Object.values(units)) {
    for (const response of Object.values(responses)) {
      if (typeof response === 'string') continue;
      for (const { call, with: args } of [response, ...(response.then ?? [])]) {
        if (call === PERSON) continue;
        const names = tools.get(call) ?? new Set<string>();
        for (const name of Object.keys(args)) names.add(name);
        tools.set(call, names);
      }
    }
  }
  const called = [...tools].map(([call, names]) => {
    const dot = call.indexOf('.');
    return { server: call.slice(0, dot), tool: call.slice(dot + 1), names: [...names] };
  });
  return [{ names: [] }, ...called];
}
