import { runService } from '@vsmcp/service';
import { system2 } from './system2.js';

await runService(system2);
