import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { useMay, useSession } from '../../api/use-session.js';
import { Facts } from '../../shared/facts.js';
import { Loaded } from '../../shared/loaded.js';
import { Page, Section } from '../../shared/page.js';
import { Aliases } from './aliases.js';
import { gateText } from './gate-text.js';
import { ImportForm } from './import-form.js';
import { Versions } from './versions.js';

const route = getRouteApi('/models/$name');

export function ModelPage() {
  const { name } = route.useParams();
  const mayManage = useMay('manage');
  const { tenant } = useSession();
  const model = useQuery({
    queryKey: ['model', name],
    queryFn: ({ signal }) => client.models.get(name, { signal }),
    refetchInterval: CALM_MS,
  });
  return (
    <Page title={name} about={model.data?.description}>
      <Loaded query={model}>
        {(data) => {
          const mayChange = mayManage && data.owner === tenant.slug;
          return (
            <>
              <Facts
                facts={[
                  ['Owner', data.owner],
                  ['Tasks', data.tasks.join(', ')],
                  ['Gates', data.gates.map(gateText).join('; ') || 'none'],
                  ['Gated aliases', data.gated.join(', ') || 'none'],
                ]}
              />
              <Section title="Aliases">
                <Aliases model={data} mayChange={mayChange} />
              </Section>
              <Section title="Versions">
                {mayChange && <ImportForm model={name} />}
                <Versions model={name} />
              </Section>
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
