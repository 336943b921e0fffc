import { runService } from '@vsmcp/service';
import { gateway } from './gateway.js';

await runService(gateway);
