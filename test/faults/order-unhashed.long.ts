import { keepsOrder } from '../support/order.js';

keepsOrder(false, 40);
