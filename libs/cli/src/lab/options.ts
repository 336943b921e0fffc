/** Options of `vsmcp lab run`. */
export interface LabOptions {
  without?: string[];
  only?: true;
  seed: number;
  speed: number;
  csv?: string;
  json?: true;
}
