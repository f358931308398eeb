import { z } from 'zod';
import type { Operation } from '../http/operation.js';

export const getOpenApi: Operation = {
  id: 'getOpenApi',
  tag: 'Documents',
  summary: 'This document',
  answers: { 200: { description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()) } },
};

export const getDocs: Operation = {
  id: 'getDocs',
  tag: 'Documents',
  summary: 'This document as a page to read and to try out',
  answers: { 200: { description: 'The page.', type: 'text/html' } },
};

export const getDocsPageScript: Operation = {
  id: 'getDocsPageScript',
  tag: 'Documents',
  summary: 'What starts the page',
  answers: { 200: { description: 'The script.', type: 'text/javascript' } },
};

export const getDocsScript: Operation = {
  id: 'getDocsScript',
  tag: 'Documents',
  summary: 'What draws the page',
  answers: { 200: { description: 'The script.', type: 'text/javascript' } },
};

export const getDocsStyle: Operation = {
  id: 'getDocsStyle',
  tag: 'Documents',
  summary: 'The style of the page',
  answers: { 200: { description: 'The style sheet.', type: 'text/css' } },
};
