import { runService } from '@vsmcp/service';
import { system3 } from './system3.js';

await runService(system3);
