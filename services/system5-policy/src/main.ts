import { runService } from '@vsmcp/service';
import { system5 } from './system5.js';

await runService(system5);
