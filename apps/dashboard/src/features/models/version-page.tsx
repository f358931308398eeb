import type { Version } from '@heddle/client';
import { Code, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { useMay, useSession } from '../../api/use-session.js';
import { Confirm } from '../../shared/confirm.js';
import { CopyText } from '../../shared/copy-text.js';
import { Facts } from '../../shared/facts.js';
import { formatBytes, formatCount, shortId } from '../../shared/format.js';
import { TextLink } from '../../shared/link.js';
import { Loaded } from '../../shared/loaded.js';
import { Page, Section } from '../../shared/page.js';
import { When } from '../../shared/when.js';
import styles from './models.module.css';
import { Plans } from './plans.js';
import { Report } from './report.js';
import { VersionEvaluations } from './version-evaluations.js';
import { VersionStatus } from './version-status.js';

const route = getRouteApi('/models/$name/$number');

export function VersionPage() {
  const { name, number } = route.useParams();
  const mayManage = useMay('manage');
  const mayRead = useMay('read');
  const { tenant } = useSession();
  const version = useQuery({
    queryKey: ['version', name, number],
    queryFn: ({ signal }) => client.versions.get(name, number, { signal }),
    refetchInterval: ({ state }) => (state.data?.ready_at === null && !state.data.error ? LIVE_MS : false),
  });
  const model = useQuery({
    queryKey: ['model', name],
    queryFn: ({ signal }) => client.models.get(name, { signal }),
  });
  const mayChange = mayManage && model.data?.owner === tenant.slug;
  return (
    <Page
      title={`${name}, version ${number}`}
      about={
        <TextLink to="/models/$name" params={{ name }}>
          All versions of {name}
        </TextLink>
      }
      actions={mayChange && version.data && <Operations version={version.data} />}
    >
      <Loaded query={version} lines={8}>
        {(data) => (
          <>
            <VersionFacts version={data} />
            {data.report && <Report report={data.report} />}
            {data.status === 'ready' && <Plans plans={data.plans ?? []} />}
            {mayRead && data.status === 'ready' && <VersionEvaluations model={name} version={data.id} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function VersionFacts({ version }: { version: Version }) {
  const { labels, notes } = version;
  return (
    <>
      <Facts
        facts={[
          ['Status', <VersionStatus key="status" version={version} />],
          ['Family', version.family ?? '–'],
          ['Precision', version.precision],
          ['Parameters', formatCount(version.parameters_count)],
          ['Size', formatBytes(version.bytes)],
          ['Tokens at most', formatCount(version.max_tokens)],
          ['Tasks', version.tasks?.join(', ') ?? '–'],
          ['Kept loaded', version.warm ? 'yes' : 'no'],
          ['Made', <When key="made" at={version.created_at} exact />],
          ['Id', <CopyText key="id" text={version.id} label={shortId(version.id)} />],
        ]}
      />
      {notes !== '' && <Text>{notes}</Text>}
      {version.sha256 !== null && (
        <Text size="sm" c="dimmed">
          SHA-256 <Code className={styles.digest}>{version.sha256}</Code>
        </Text>
      )}
      {labels && labels.length > 0 && (
        <Section title="Labels">
          <ul className={styles.labels}>
            {labels.map((label) => (
              <li key={label}>{label}</li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function Operations({ version: { model, number, status } }: { version: Version }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const changed = () => queries.invalidateQueries({ queryKey: ['version', model, String(number)] });
  const isArchived = status === 'archived';
  return (
    <>
      {(status === 'ready' || isArchived) && (
        <Confirm
          verb={isArchived ? 'Take back into service' : 'Archive'}
          title={isArchived ? `Take ${model}@${number} back into service?` : `Archive ${model}@${number}?`}
          run={() => client.versions.update(model, number, { archived: !isArchived }).then(changed)}
          danger={false}
        >
          {isArchived ? 'It takes new jobs again.' : 'It takes no new jobs. It can be taken back.'}
        </Confirm>
      )}
      <Confirm
        verb="Delete"
        title={`Delete ${model}@${number}?`}
        run={async () => {
          await client.versions.delete(model, number);
          await queries.invalidateQueries({ queryKey: ['versions', model] });
          await navigate({ to: '/models/$name', params: { name: model } });
        }}
      >
        It is gone for ever. One that an alias or an unfinished job needs stays.
      </Confirm>
    </>
  );
}
