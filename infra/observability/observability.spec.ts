import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createTestFolder, documentedMetrics, promtoolPathIfAny } from '@heddle/testing';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PROMETHEUS = join(HERE, 'prometheus');
const DASHBOARDS = join(HERE, 'grafana/dashboards');
const DOCS = join(HERE, '../../docs');
const promtool = await promtoolPathIfAny();

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; runbook_url: string };
}
interface Dashboard {
  uid: string;
  templating: { list: { name: string }[] };
  panels: { title: string; type: string; targets?: { expr: string }[] }[];
}

const rules = (
  parse(await readFile(join(PROMETHEUS, 'alerts.yml'), 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);
const dashboards = await Promise.all(
  (await readdir(DASHBOARDS)).map(
    async (name) => JSON.parse(await readFile(join(DASHBOARDS, name), 'utf8')) as Dashboard,
  ),
);
/** A spec of the worker holds that page against the processes. */
const metrics = await documentedMetrics();
const operations = await readFile(join(DOCS, 'operations.md'), 'utf8');

/** Of scraping, and of histograms. */
const OTHER_LABELS = ['job', 'instance', 'le'];
const OTHER_METRICS = ['up'];

/** What an expression says that the metrics have not: names of metrics, and labels of a metric that has no such label. */
function unknownIn(expr: string): string[] {
  const unknown: string[] = [];
  const known = new Set<string>(OTHER_LABELS);
  for (const [, name, selector = ''] of expr.matchAll(/\b(heddle_\w+|up)\b(?:\{([^}]*)\})?/g)) {
    const labels = metrics.get(name!) ?? metrics.get(name!.replace(/_(bucket|sum|count)$/, ''));
    if (!labels && !OTHER_METRICS.includes(name!)) unknown.push(name!);
    for (const label of labels ?? []) known.add(label);
    for (const [, label] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
      if (!labels?.has(label!) && !OTHER_LABELS.includes(label!)) unknown.push(`${name}{${label}}`);
  }
  for (const [, list] of expr.matchAll(/\bby \(([^)]*)\)/g))
    for (const label of list!.split(',').map((one) => one.trim()))
      if (!known.has(label)) unknown.push(`by (${label})`);
  return unknown;
}

describe('alerts', () => {
  it.skipIf(!promtool)('are rules of Prometheus that fire when they should, and else do not', async () => {
    const run = (...args: string[]) => promisify(execFile)(promtool!, args, { cwd: PROMETHEUS });
    expect((await run('check', 'rules', 'alerts.yml')).stdout).toContain(`${rules.length} rules found`);
    await run('test', 'rules', 'alerts.test.yml');
    await run('check', 'config', '--syntax-only', 'prometheus.yml');
  });

  it('each fire in a test', async () => {
    const tests = await readFile(join(PROMETHEUS, 'alerts.test.yml'), 'utf8');
    for (const { alert } of rules) expect(tests).toMatch(new RegExp(`alert(name)?(: |=")${alert}\\b`));
  });

  it('speak of metrics and labels that there are', () => {
    for (const { alert, expr, annotations } of rules) {
      expect(unknownIn(expr), alert).toEqual([]);
      const labels = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label!);
      const own = labels.filter((label) => !OTHER_LABELS.includes(label));
      for (const label of own) expect(expr, alert).toContain(label);
    }
    expect(unknownIn('sum by (nobody) (heddle_queue_jobs{tenant="a"}) + heddle_nothing')).toEqual([
      'heddle_queue_jobs{tenant}',
      'heddle_nothing',
      'by (nobody)',
    ]);
  });

  it('have an entry in the runbook each, and the runbook has no other', () => {
    const entries = [...operations.matchAll(/^### (Heddle\w+)$/gm)].map(([, name]) => name!);
    expect(entries.toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
    for (const { alert, annotations, labels } of rules) {
      expect(annotations.runbook_url).toBe(`docs/operations.md#${alert.toLowerCase()}`);
      expect(['page', 'ticket'], alert).toContain(labels.severity);
    }
  });
});

describe('dashboards', () => {
  it('ask for metrics and labels that there are', () => {
    for (const { uid, panels, templating } of dashboards) {
      const variables = templating.list.map(({ name }) => `$${name}`);
      for (const { title, type, targets = [] } of panels) {
        if (type !== 'row') expect(targets.length, `${uid}: ${title}`).toBeGreaterThan(0);
        for (const { expr } of targets) {
          expect(unknownIn(expr), `${uid}: ${title}`).toEqual([]);
          for (const [variable] of expr.matchAll(/\$(?!__)\w+/g)) expect(variables).toContain(variable);
        }
      }
    }
  });

  it.skipIf(!promtool)('ask in expressions that Prometheus reads', async () => {
    const exprs = dashboards.flatMap(({ panels }) => panels.flatMap(({ targets = [] }) => targets));
    const list = exprs.map(({ expr }, i) => ({
      record: `panel:${i}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$model', '.*'),
    }));
    const groups = { groups: [{ name: 'panels', rules: list }] };
    const file = join(await createTestFolder('heddle-test-panels-'), 'panels.yml');
    await writeFile(file, JSON.stringify(groups));
    const { stdout } = await promisify(execFile)(promtool!, ['check', 'rules', file]);
    expect(stdout).toContain(`${exprs.length} rules found`);
  });

  it('show every metric', () => {
    const text = JSON.stringify(dashboards);
    for (const name of metrics.keys()) expect(text).toContain(name);
  });
});
