import { SETTINGS } from './settings.js';

/** docs/configuration.md, from the table of settings. */
export function settingsAsMarkdown(): string {
  const rows = Object.entries(SETTINGS).map(([name, setting]) => {
    const fallback =
      setting.fallbackText ?? (setting.fallback === undefined ? 'unset' : `\`${setting.fallback}\``);
    return `| \`${name}\` | ${fallback} | ${setting.description} |`;
  });
  return [
    '# Configuration',
    '',
    'Every process reads the environment and nothing else. A wrong value, or a `HEDDLE_…` name that does not exist,',
    'names itself and ends the start with status 78.',
    '',
    '| variable | default | meaning |',
    '|---|---|---|',
    ...rows,
    '',
    'The command line client reads `HEDDLE_URL` (default `http://127.0.0.1:8080`) and `HEDDLE_API_KEY`; `webhooks listen` also',
    '`HEDDLE_WEBHOOK_SECRET`. Every process also reads the `OTEL_…` variables of OpenTelemetry ([traces](tracing.md)).',
    '',
    'This page is generated: `npm run docs`.',
    '',
  ].join('\n');
}
