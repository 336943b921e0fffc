import { writeFile } from 'node:fs/promises';
import { configJsonSchemaText } from '../src/config/json-schema.js';

// Writes vsmcp.schema.json at the root: node --import tsx -C source libs/service/scripts/config-schema.ts
await writeFile(new URL('../../../vsmcp.schema.json', import.meta.url), configJsonSchemaText());
