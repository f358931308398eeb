import type { Model } from '@heddle/client';

type Gate = Model['gates'][number];

/** A rule as people read it: `accuracy at least 0.9 where lang is de`. */
export function gateText(gate: Gate): string {
  const where = gate.slice ? ` where ${gate.slice.field} is ${gate.slice.value}` : '';
  if ('min' in gate) return `${gate.metric} at least ${gate.min}${where}`;
  if ('max' in gate) return `${gate.metric} at most ${gate.max}${where}`;
  return `${gate.metric} at most ${gate.max_drop} worse than the baseline${where}`;
}
