import type { Evaluation } from '@heddle/client';
import { Alert, Progress } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { client } from '../../api/client.js';
import { LIVE_MS } from '../../api/queries.js';
import { useMay } from '../../api/use-session.js';
import { Confirm } from '../../shared/confirm.js';
import { CopyText } from '../../shared/copy-text.js';
import { Facts } from '../../shared/facts.js';
import { formatCount, formatRate, formatShare, shortId } from '../../shared/format.js';
import { Loaded } from '../../shared/loaded.js';
import { Page, Section } from '../../shared/page.js';
import { StatusBadge } from '../../shared/status.js';
import { Calibration } from './calibration.js';
import { Confusion } from './confusion.js';
import styles from './evaluations.module.css';
import { GatesTable } from './gates-table.js';
import { MetricsTable } from './metrics-table.js';
import { PerLabel } from './per-label.js';
import { Slices } from './slices.js';
import { WorstExamples } from './worst-examples.js';
import { WrongExamples } from './wrong-examples.js';

const route = getRouteApi('/evaluations/$id');

export function EvaluationPage() {
  const { id } = route.useParams();
  const mayManage = useMay('manage');
  const queries = useQueryClient();
  const evaluation = useQuery({
    queryKey: ['evaluation', id],
    queryFn: ({ signal }) => client.evaluations.get(id, { signal }),
    refetchInterval: ({ state }) => (state.data?.completed_at === null ? LIVE_MS : false),
  });
  const cancel = () =>
    client.evaluations.cancel(id).then((next) => queries.setQueryData(['evaluation', id], next));
  return (
    <Page
      title="Evaluation"
      about={<CopyText text={id} />}
      actions={
        mayManage &&
        evaluation.data?.completed_at === null && (
          <Confirm verb="Cancel the run" title="Cancel this run?" run={cancel}>
            It ends without a result.
          </Confirm>
        )
      }
    >
      <Loaded query={evaluation} lines={8}>
        {(data) => (
          <>
            <Summary evaluation={data} />
            {data.result && <Result evaluation={data} result={data.result} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Summary({ evaluation }: { evaluation: Evaluation }) {
  const { counts, errors, completed_at: completedAt } = evaluation;
  const done = counts.succeeded + counts.failed;
  return (
    <>
      {completedAt === null && (
        <Progress value={(100 * done) / Math.max(1, counts.total)} aria-label="Answers that have come" />
      )}
      {errors.map(({ line, code, message }) => (
        <Alert key={`${line} ${code}`} color="red" title={code}>
          {line === null ? '' : `Line ${line}: `}
          {message}
        </Alert>
      ))}
      <Facts
        facts={[
          ['Status', <StatusBadge key="status" status={evaluation.status} />],
          ['Version', `${evaluation.model}@${evaluation.version_number}`],
          [
            'Baseline',
            evaluation.baseline
              ? `${evaluation.baseline.model}@${evaluation.baseline.version_number}`
              : 'none',
          ],
          ['Task', evaluation.task],
          [
            'Data set',
            <CopyText key="dataset" text={evaluation.dataset} label={shortId(evaluation.dataset)} />,
          ],
          ['Answers', `${formatCount(done)} of ${formatCount(counts.total)}`],
          ['Seed', String(evaluation.seed)],
        ]}
      />
    </>
  );
}

function Result({
  evaluation,
  result,
}: {
  evaluation: Evaluation;
  result: NonNullable<Evaluation['result']>;
}) {
  const { gates, speed } = result;
  return (
    <>
      <Section title="Metrics">
        <MetricsTable evaluation={evaluation} result={result} />
        <Facts
          facts={[
            ['Examples answered', formatCount(result.items)],
            ['Failed', formatCount(result.failed)],
            ['Invalid', formatCount(result.invalid)],
            ['Coverage', formatShare(result.coverage)],
            ['Tokens a second', formatRate(speed.tokens_per_s)],
            ['Padding', formatShare(speed.padded_share)],
          ]}
        />
      </Section>
      {gates.length > 0 && (
        <Section title={result.passed ? 'Gates: met' : 'Gates: not met'}>
          <GatesTable gates={gates} />
        </Section>
      )}
      <div className={styles.charts}>
        {result.confusion && <Confusion confusion={result.confusion} />}
        {result.reliability && <Calibration bins={result.reliability} />}
      </div>
      {result.per_label && result.per_label.length > 0 && <PerLabel rows={result.per_label} />}
      <Slices result={result} />
      <WorstExamples id={evaluation.id} worst={result.worst} />
      <WrongExamples id={evaluation.id} compared={evaluation.baseline !== null} />
    </>
  );
}
