export { refuseNone } from './errors.js';
