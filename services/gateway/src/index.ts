export { gateway, openGateway } from './gateway.js';
export { type Server, serve } from './server.js';
export { DEFAULT_PORT, type HttpSettings, httpSettings } from './settings.js';
