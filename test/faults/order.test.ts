import { keepsOrder } from '../support/order.js';

keepsOrder(true, 200);
