export { parse, validate, validateBody } from '@heddle/contracts';
