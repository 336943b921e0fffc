import { runService } from '@vsmcp/service';
import { system1 } from './system1.js';

await runService(system1);
