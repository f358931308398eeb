import type { Alias, Model } from '@heddle/client';
import { Badge, Group, Paper, Progress, Stack, Text, Title } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { TextLink } from '../../shared/link.js';
import { Loaded, Nothing } from '../../shared/loaded.js';
import { When } from '../../shared/when.js';
import { AliasHistory } from './alias-history.js';
import { aliasQuery } from './alias-query.js';
import { EndTrial } from './end-trial.js';
import { Promote } from './promote.js';
import { ShadowFacts } from './shadow-facts.js';

/** Each alias with its canary, its shadow and what it pointed to before. */
export function Aliases({ model, mayChange }: { model: Model; mayChange: boolean }) {
  const names = Object.keys(model.aliases).sort();
  const aliases = useQueries({
    queries: names.map((name) => aliasQuery(model.name, name)),
  });
  return (
    <Stack gap="sm">
      {mayChange && <Promote model={model} />}
      {names.length === 0 && (
        <Nothing title="There are no aliases">The first version that is ready becomes production.</Nothing>
      )}
      {aliases.map((alias, at) => (
        <Loaded key={names[at]} query={alias} lines={2}>
          {(data) => <AliasView alias={data} gated={model.gated.includes(data.name)} mayChange={mayChange} />}
        </Loaded>
      ))}
    </Stack>
  );
}

interface AliasViewProps {
  alias: Alias;
  gated: boolean;
  mayChange: boolean;
}

function AliasView({ alias, gated, mayChange }: AliasViewProps) {
  const { model, name, version_number, canary, shadow, updated_at, history = [] } = alias;
  return (
    <Paper withBorder p="md" component="section" aria-label={name}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Group gap="xs">
            <Title order={3} size="h5">
              {name}
            </Title>
            <VersionLink model={model} number={version_number} />
            {gated && (
              <Badge variant="outline" color="gray" tt="none">
                gated
              </Badge>
            )}
          </Group>
          <Text size="xs" c="dimmed">
            changed <When at={updated_at} />
          </Text>
        </Group>
        {canary && (
          <div>
            <Group justify="space-between">
              <Text size="sm">
                Canary: {canary.percent} % of the jobs go to{' '}
                <VersionLink model={model} number={canary.version_number} />, since <When at={canary.since} />
              </Text>
              {mayChange && <EndTrial alias={alias} trial="canary" />}
            </Group>
            <Progress value={canary.percent} aria-label="Share of the canary" mt={4} />
          </div>
        )}
        {shadow && (
          <div>
            <Group justify="space-between">
              <Text size="sm">
                Shadow: <VersionLink model={model} number={shadow.version_number} /> answers the same jobs
                again
              </Text>
              {mayChange && <EndTrial alias={alias} trial="shadow" />}
            </Group>
            <ShadowFacts comparisons={shadow.comparisons ?? []} />
          </div>
        )}
        <AliasHistory model={model} name={name} history={history} />
      </Stack>
    </Paper>
  );
}

function VersionLink({ model, number }: { model: string; number: number }) {
  return (
    <TextLink to="/models/$name/$number" params={{ name: model, number: String(number) }} underline="always">
      version {number}
    </TextLink>
  );
}
