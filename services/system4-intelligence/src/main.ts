import { runService } from '@vsmcp/service';
import { system4 } from './system4.js';

await runService(system4);
