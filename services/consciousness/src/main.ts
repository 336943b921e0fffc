import { runService } from '@vsmcp/service';
import { consciousness } from './consciousness.js';

await runService(consciousness);
